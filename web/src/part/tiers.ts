import { queryOptions, useQuery } from '@tanstack/react-query'
import { client, data } from '~/api/client'
import { queries } from '~/api/query'
import { useSession } from '~/session/session'

const tiersQuery = queryOptions({
  queryKey: ['centre', 'tiers'],
  refetchInterval: 30_000,
  queryFn: async () => (await data(client.GET('/tiers'))) ?? [],
})

/** Who serves which queue. The stream does not tell, so it is asked for again now and then. */
export const useTiers = () => useQuery({ ...tiersQuery, enabled: useSession().may('tiers', 'see') })

/** Tiers were changed here. */
export const refreshTiers = () => queries.invalidateQueries({ queryKey: tiersQuery.queryKey })
