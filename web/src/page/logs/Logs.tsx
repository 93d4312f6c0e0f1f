import { Navigate } from '@tanstack/react-router'
import { useSession } from '~/session/session'

/** Leads to the first page of the group that one may open. */
export default function Logs() {
  const session = useSession()
  if (session.may('requests', 'see')) return <Navigate to="/logs/requests" replace />
  return <Navigate to={session.may('audit', 'see') ? '/logs/audit' : '/logs/webhooks'} replace />
}
