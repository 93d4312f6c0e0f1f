import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { client, type Schema } from '~/api/client'
import { type Column, DataTable } from '~/part/DataTable'
import { Loaded } from '~/part/Loaded'
import { Panel } from '~/part/Panel'
import { fetched } from './fetched'
import { Kpis } from './Kpis'
import { NoCalls } from './NoCalls'
import { asked, intervalShown } from './search'
import { useCells } from './service'
import { useSpanColumn } from './spanColumn'
import { TotalsOrTime } from './TotalsOrTime'
import type { ViewProps } from './views'

const Shifts = lazy(() => import('./Shifts'))

type Row = Schema<'AgentRow'>

export default function Agents({ search }: ViewProps) {
  const { t } = useTranslation('reports')
  const cells = useCells()
  const question = asked('agents', search)
  const interval = intervalShown(search)
  const spanColumn = useSpanColumn(interval)
  const divided = search.view === 'time'
  const ask = (by: typeof interval | 'whole', enabled: boolean) => ({
    queryKey: ['reports', 'agents', question, by],
    queryFn: () => fetched(client.GET('/reports/agents', { params: { query: { ...question, interval: by } } })),
    placeholderData: keepPreviousData,
    enabled,
  })
  const whole = useQuery(ask('whole', true))
  const parts = useQuery(ask(interval, divided))
  const seconds = (key: 'logged_in' | 'ready' | 'busy' | 'paused' | 'talk' | 'wrap_up', head: string): Column<Row> => ({
    key,
    head,
    align: 'end',
    sort: (row) => row[key],
    cell: (row) => cells.seconds(row[key]),
  })
  const count = (key: 'offered' | 'answered' | 'missed' | 'outbound', head: string): Column<Row> => ({
    key,
    head,
    align: 'end',
    sort: (row) => row[key],
    cell: (row) => cells.count(row[key]),
  })
  const agent: Column<Row> = { key: 'agent', head: t('filter.agent'), phone: 'title', sort: (row) => row.agent, cell: (row) => row.agent }
  const columns: Column<Row>[] = [
    count('offered', t('agent.offered')),
    count('answered', t('figure.answered')),
    count('missed', t('agent.missed')),
    count('outbound', t('figure.outbound')),
    seconds('talk', t('figure.talk')),
    { key: 'aht', head: t('figure.ahtShort'), align: 'end', sort: ({ aht }) => aht ?? -1, cell: ({ aht }) => cells.seconds(aht) },
    seconds('logged_in', t('agent.loggedIn')),
    seconds('ready', t('agent.ready')),
    seconds('busy', t('agent.busy')),
    {
      key: 'paused',
      head: t('agent.paused'),
      align: 'end',
      sort: ({ paused }) => paused,
      cell: ({ paused, pauses }) => (
        <span title={pauses.map((one) => `${one.reason || t('agent.noReason')}: ${cells.seconds(one.seconds)}`).join('\n')}>
          {cells.seconds(paused)}
        </span>
      ),
    },
    {
      key: 'occupancy',
      head: t('agent.occupancy'),
      align: 'end',
      sort: ({ occupancy }) => occupancy ?? -1,
      cell: ({ occupancy }) => cells.percent(occupancy),
    },
  ]
  return (
    <Loaded query={whole}>
      {({ total, previous, rows }) => {
        const one = (key: 'answered' | 'missed' | 'outbound' | 'talk' | 'aht' | 'logged_in' | 'occupancy') => ({
          now: total[key],
          ...(previous && { before: previous.total[key] }),
        })
        return rows.length === 0 && !previous?.rows.length ? (
          <NoCalls />
        ) : (
          <>
            <Kpis
              all={[
                { name: t('figure.answered'), kind: 'count', better: 'more', ...one('answered') },
                { name: t('agent.missed'), about: t('agent.missedAbout'), kind: 'count', better: 'less', ...one('missed') },
                { name: t('figure.outbound'), kind: 'count', ...one('outbound') },
                { name: t('figure.talk'), kind: 'seconds', ...one('talk') },
                { name: t('figure.aht'), about: t('figure.ahtAbout'), kind: 'seconds', ...one('aht') },
                { name: t('agent.loggedIn'), kind: 'seconds', ...one('logged_in') },
                { name: t('agent.occupancy'), about: t('agent.occupancyAbout'), kind: 'percent', ...one('occupancy') },
              ]}
            />
            {rows.some(({ logged_in }) => logged_in > 0) && (
              <Panel title={t('chart.agents')} about={t('chart.agentsAbout')}>
                <Suspense fallback={null}>
                  <Shifts label={t('chart.agents')} rows={rows} />
                </Suspense>
              </Panel>
            )}
            <TotalsOrTime totals={t('view.agents')} />
            {divided ? (
              <Loaded query={parts}>
                {(by) => (
                  <DataTable
                    label={t('report.agents')}
                    rows={by.rows}
                    id={(row) => `${row.from} ${row.agent}`}
                    columns={[spanColumn(by.zone), agent, ...columns]}
                  />
                )}
              </Loaded>
            ) : (
              <DataTable
                label={t('report.agents')}
                rows={rows}
                id={(row) => row.agent}
                columns={[agent, ...columns]}
                sort={{ by: 'agent', desc: false }}
              />
            )}
          </>
        )
      }}
    </Loaded>
  )
}
