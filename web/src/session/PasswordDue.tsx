import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reopenStream } from '~/api/stream'
import { Barrier } from './Barrier'
import { PasswordForm } from './PasswordForm'
import { useSession } from './session'

/** Asks for a new password where one became due while its user was in, over the page that he is on: it goes on as it was. */
export default function PasswordDue() {
  const { t } = useTranslation('session')
  const { login } = useSession()
  const queries = useQueryClient()
  const done = () => {
    void queries.invalidateQueries()
    reopenStream()
  }
  return (
    <Barrier title={t('mustChange')} about={t('becameDue')} out={t('signOut')}>
      <PasswordForm login={login} onDone={done} />
    </Barrier>
  )
}
