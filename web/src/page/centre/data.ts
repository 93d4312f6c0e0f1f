import { useQuery } from '@tanstack/react-query'
import { client, data } from '~/api/client'
import { type Topic, useRows } from '~/api/stream'
import { usePaced } from '~/part/paced'
import { useSession } from '~/session/session'

const pace = 1000 // ms between two looks at what changes all the time

/** The rows of a topic, the first ones at once, then brought up to date once a second; none without the right. */
export function useLive<T extends Topic>(topic: T) {
  const session = useSession()
  const rows = useRows(topic, session.may(topic, 'see'))
  const paced = usePaced(rows, pace)
  return paced.length === 0 ? rows : paced
}

/** The names of the switches, where it has to be said which is meant. */
export function useSwitches() {
  const session = useSession()
  const query = useQuery({
    queryKey: ['centre', 'switches'],
    enabled: session.may('queues', 'see'),
    staleTime: 60_000,
    queryFn: () => data(client.GET('/switches')),
  })
  return query.data?.map(({ name }) => name) ?? []
}

/** The account that an agent's phone has, by its contact: user/1000 is 1000. */
export const accountOf = (contact: string) => /^(?:\[[^\]]*\])?user\/([A-Za-z0-9._-]{1,64})(?:@|$)/.exec(contact)?.[1] ?? ''
