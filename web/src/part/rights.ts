import { queryOptions, useQuery } from '@tanstack/react-query'
import { client, data } from '~/api/client'
import { useWording } from '~/text/wording'

/** What users can be given. */
export const catalogueQuery = queryOptions({
  queryKey: ['rights'],
  queryFn: async () => (await data(client.GET('/rights'))) ?? [],
  staleTime: 600_000,
})

/** What rights are called, once that is known: MODULE/ACTION, or MODULE/* for all of a module. What has no name is called as callgate writes it. */
export function useRightNames(): ((right: string) => string) | undefined {
  const { data: modules, isPending } = useQuery(catalogueQuery)
  const wording = useWording()
  if (isPending) return undefined
  return (right) => {
    const [name, action] = right.split('/')
    const module = modules?.find(({ module }) => module === name)
    const title = action === '*' ? module?.title : module?.actions.find((one) => one.action === action)?.title
    return title ? wording(title) : right
  }
}
