import { useTranslation } from 'react-i18next'
import { BackLink } from '~/part/BackLink'
import { useSession } from '~/session/session'

/** The way back to the page of the system, for who may see it. */
export function Back() {
  const { t } = useTranslation('system')
  if (!useSession().may('system', 'see')) return null
  return <BackLink to="/system">{t('title')}</BackLink>
}
