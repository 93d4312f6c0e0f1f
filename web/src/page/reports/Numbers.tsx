import { Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, type Schema } from '~/api/client'
import { useChoices } from '~/part/choices'
import { type Column, DataTable } from '~/part/DataTable'
import { Loaded } from '~/part/Loaded'
import { phone } from '~/text/phone'
import { fetched } from './fetched'
import { Kpis } from './Kpis'
import { NoCalls } from './NoCalls'
import { OverTime } from './OverTime'
import { asked, intervalShown } from './search'
import { sum, useCells, useService } from './service'
import { useSpanColumn } from './spanColumn'
import { TotalsOrTime } from './TotalsOrTime'
import type { ViewProps } from './views'

type Row = Schema<'NumberRow'>

export default function Numbers({ search }: ViewProps) {
  const { t } = useTranslation('reports')
  const { projectName } = useChoices()
  const cells = useCells()
  const question = asked('numbers', search)
  const interval = intervalShown(search)
  const spanColumn = useSpanColumn(interval)
  const ask = (by: typeof interval | 'whole') => ({
    queryKey: ['reports', 'numbers', question, by],
    queryFn: () => fetched(client.GET('/reports/numbers', { params: { query: { ...question, interval: by } } })),
    placeholderData: keepPreviousData,
  })
  const whole = useQuery(ask('whole'))
  const parts = useQuery(ask(interval))
  const service = useService<Row>()
  const about: Column<Row>[] = [
    {
      key: 'number',
      head: t('filter.number'),
      phone: 'title',
      sort: (row) => row.number,
      cell: (row) => (
        <Text span size="sm" className="tabular" style={{ whiteSpace: 'nowrap' }}>
          {phone(row.number) || t('noNumber')}
        </Text>
      ),
    },
    {
      key: 'project',
      head: t('filter.project'),
      sort: (row) => projectName(row.project),
      cell: (row) => (row.project ? projectName(row.project) : '—'),
    },
    { key: 'inbound', head: t('figure.inbound'), align: 'end', sort: (row) => row.inbound, cell: (row) => cells.count(row.inbound) },
    { key: 'unqueued', head: t('figure.unqueued'), align: 'end', sort: (row) => row.unqueued, cell: (row) => cells.count(row.unqueued) },
    { key: 'outbound', head: t('figure.outbound'), align: 'end', sort: (row) => row.outbound, cell: (row) => cells.count(row.outbound) },
    ...service.columns.slice(0, 7),
  ]
  return (
    <Loaded query={whole}>
      {({ total, previous, rows, threshold }) =>
        rows.length === 0 && !previous?.rows.length ? (
          <NoCalls />
        ) : (
          <>
            <Kpis
              all={[
                { name: t('figure.inbound'), kind: 'count', now: total.inbound, ...(previous && { before: previous.total.inbound }) },
                { name: t('figure.outbound'), kind: 'count', now: total.outbound, ...(previous && { before: previous.total.outbound }) },
                {
                  name: t('figure.unqueued'),
                  about: t('figure.unqueuedAbout'),
                  kind: 'count',
                  better: 'less',
                  now: total.unqueued,
                  ...(previous && { before: previous.total.unqueued }),
                },
                ...service.kpis(total, previous?.total, threshold).slice(1, 7),
              ]}
            />
            <Loaded query={parts}>
              {(divided) => (
                <>
                  <OverTime
                    title={t('chart.numbers')}
                    now={divided}
                    before={divided.previous}
                    interval={interval}
                    zone={divided.zone}
                    figures={[
                      ...service.figures,
                      {
                        name: 'unqueued',
                        label: t('figure.unqueued'),
                        color: 'gray.5',
                        type: 'bar',
                        of: (some) => sum(some, ({ unqueued }) => unqueued),
                      },
                      {
                        name: 'outbound',
                        label: t('figure.outbound'),
                        color: 'brand.5',
                        type: 'bar',
                        of: (some) => sum(some, ({ outbound }) => outbound),
                      },
                    ]}
                    compared={(some) => sum(some, ({ inbound, outbound }) => inbound + outbound)}
                  />
                  <TotalsOrTime totals={t('view.numbers')} />
                  {search.view === 'time' ? (
                    <DataTable
                      label={t('report.numbers')}
                      rows={divided.rows}
                      id={(row) => `${row.from} ${row.project} ${row.number}`}
                      columns={[spanColumn(divided.zone), ...about]}
                    />
                  ) : (
                    <DataTable
                      label={t('report.numbers')}
                      rows={rows}
                      id={(row) => `${row.project} ${row.number}`}
                      columns={about}
                      sort={{ by: 'inbound', desc: true }}
                    />
                  )}
                </>
              )}
            </Loaded>
          </>
        )
      }
    </Loaded>
  )
}
