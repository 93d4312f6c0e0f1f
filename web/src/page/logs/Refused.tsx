import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { RequestLog } from './RequestLog'

const route = getRouteApi('/shell/logs/refused')

/** Requests that were refused or failed: bad requests, as the manual has them. */
export default function Refused() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/logs/refused' })
  return (
    <RequestLog refused search={search} onSearch={(change) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })} />
  )
}
