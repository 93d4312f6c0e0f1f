import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { RequestLog } from './RequestLog'

const route = getRouteApi('/shell/logs/requests')

/** All requests to the documented API. */
export default function Requests() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/logs/requests' })
  return <RequestLog search={search} onSearch={(change) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })} />
}
