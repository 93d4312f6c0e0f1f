import { Navigate } from '@tanstack/react-router'
import { useSession } from '~/session/session'

const pages = [
  { to: '/sms/messages', action: 'list' },
  { to: '/sms/send', action: 'send' },
  { to: '/sms/templates', action: 'templates' },
  { to: '/sms/optouts', action: 'optouts' },
  { to: '/sms/providers', action: 'providers' },
] as const

/** Leads to the first page of the group that one may open. */
export default function Sms() {
  const session = useSession()
  const first = pages.find(({ action }) => session.may('sms', action))
  return first ? <Navigate to={first.to} replace /> : null
}
