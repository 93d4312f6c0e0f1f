import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { ActivityBadge } from '~/part/ActivityBadge'
import { When } from '~/part/Ago'
import type { Activity } from '~/part/activity'
import { CursorPager } from '~/part/CursorPager'
import { DataTable } from '~/part/DataTable'
import { Duration, Since } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { Failed } from '~/part/Failed'
import { Loading } from '~/part/Loading'
import { StatusBadge } from '~/part/StatusBadge'

interface Props {
  agent: { switch: string; name: string }
  /** What he does now: with another the list is another. */
  activity: Activity
}

const seconds = (text: string) => Date.parse(text) / 1000

/** What an agent did within the last day, the newest first. */
export function AgentStates({ agent, activity }: Props) {
  const { t } = useTranslation('centre')
  const query = useInfiniteQuery({
    queryKey: ['centre', 'states', agent.switch, agent.name],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      data(client.GET('/agents/states', { params: { query: { ...agent, limit: 20, ...(pageParam && { cursor: pageParam }) } } })),
    getNextPageParam: ({ next }) => next || undefined,
  })
  const { refetch } = query
  // biome-ignore lint/correctness/useExhaustiveDependencies: he does something else
  useEffect(() => {
    const timer = window.setTimeout(() => void refetch(), 2000) // it is written once a second
    return () => window.clearTimeout(timer)
  }, [activity, refetch])
  if (!query.data) return query.isError ? <Failed failure={query.error} onRetry={() => void refetch()} /> : <Loading />
  const rows = query.data.pages.flatMap(({ states }) => states)
  return (
    <>
      <DataTable
        label={t('state.title')}
        rows={rows}
        id={(row) => `${row.switch} ${row.started}`}
        columns={[
          { key: 'state', head: t('state.state'), phone: 'title', cell: (row) => <State of={row} /> },
          { key: 'from', head: t('state.from'), align: 'end', cell: (row) => <When at={row.started} /> },
          {
            key: 'lasted',
            head: t('state.lasted'),
            align: 'end',
            cell: (row) =>
              row.ended ? <Duration seconds={seconds(row.ended) - seconds(row.started)} /> : <Since at={seconds(row.started)} />,
          },
          { key: 'reason', head: t('state.reason'), cell: (row) => row.reason || t('none') },
        ]}
        empty={<Empty title={t('state.none')} />}
      />
      {query.hasNextPage && <CursorPager query={query} shown={rows.length} />}
    </>
  )
}

function State({ of }: { of: Schema<'AgentState'> }) {
  const { t } = useTranslation('centre')
  return of.state === 'unknown' ? <StatusBadge tone="off">{t('state.unknown')}</StatusBadge> : <ActivityBadge activity={of.state} />
}
