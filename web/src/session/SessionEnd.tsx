import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Barrier } from './Barrier'
import { SignInForm } from './SignInForm'
import { useSession } from './session'

/** Asks who was in to sign in again, over the page that he was on: it goes on as it was. */
export default function SessionEnd() {
  const { t } = useTranslation('session')
  const { login } = useSession()
  const queries = useQueryClient()
  const done = (who: string) => {
    // Somebody else must not see what the page has of the one before.
    if (who !== login) window.location.reload()
    else void queries.invalidateQueries()
  }
  return (
    <Barrier title={t('over')} about={t('overAbout')} out={t('leave')}>
      <SignInForm login={login} onDone={done} />
    </Barrier>
  )
}
