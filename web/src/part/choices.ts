import { useQuery } from '@tanstack/react-query'
import { client, data } from '~/api/client'
import { useSession } from '~/session/session'
import { useProjects } from './projects'

/** Names that may be chosen from, as far as one may see them: else they are typed. */
export function useChoices() {
  const session = useSession()
  const queues = useQuery({
    queryKey: ['choices', 'queues'],
    queryFn: () => data(client.GET('/queues')),
    enabled: session.may('queues', 'see'),
    staleTime: 300_000,
  })
  const agents = useQuery({
    queryKey: ['choices', 'agents'],
    queryFn: () => data(client.GET('/agents')),
    enabled: session.may('agents', 'see'),
    staleTime: 300_000,
  })
  const named = useProjects().map(({ id, name }) => ({ value: id, label: name || id }))
  const names = new Map(named.map(({ value, label }) => [value, label]))
  return {
    queues: [...new Set((queues.data ?? []).map(({ name }) => name))].sort(),
    agents: [...new Set((agents.data ?? []).map(({ name }) => name))].sort(),
    projects: named.length > 0 ? named : session.projects.map((id) => ({ value: id, label: id })),
    projectName: (id: string) => names.get(id) ?? id,
  }
}
