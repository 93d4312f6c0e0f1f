import { queryOptions, useQuery } from '@tanstack/react-query'
import { client, data, type Schema, tagged } from '~/api/client'
import { useProjects } from '~/part/projects'
import { useSession } from '~/session/session'

export type Project = Schema<'Project'>
export type Route = Schema<'Route'>
export type Rule = Schema<'DestinationRule'>

export const projectQuery = (id: string) =>
  queryOptions({ queryKey: ['projects', id], queryFn: () => tagged(client.GET('/projects/{id}', { params: { path: { id } } })) })

export const routesQuery = queryOptions({ queryKey: ['routes'], queryFn: async () => (await data(client.GET('/routes'))) ?? [] })

export const routeQuery = (name: string) =>
  queryOptions({ queryKey: ['routes', name], queryFn: () => tagged(client.GET('/route', { params: { query: { name } } })) })

export const rulesQuery = queryOptions({
  queryKey: ['destination-rules'],
  queryFn: async () => (await data(client.GET('/destination-rules'))) ?? [],
})

/** The names of all queues that FreeSWITCH has, as far as one may see them, and those of the projects. */
export function useQueueNames(): string[] {
  const may = useSession().may('queues', 'see')
  const queues = useQuery({
    queryKey: ['queues', 'names'],
    queryFn: () => data(client.GET('/queues')),
    enabled: may,
    select: (all) => all?.map(({ name }) => name) ?? [],
  })
  const projects = useProjects()
  return [...new Set([...(queues.data ?? []), ...projects.flatMap((project) => project.queues)])].sort()
}

/** What is shown in the place of what one may not see. */
export const isHidden = (text: string) => text.includes('*****')
