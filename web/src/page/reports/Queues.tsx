import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, type Schema } from '~/api/client'
import { type Column, DataTable } from '~/part/DataTable'
import { Loaded } from '~/part/Loaded'
import { fetched } from './fetched'
import { Kpis } from './Kpis'
import { NoCalls } from './NoCalls'
import { OverTime } from './OverTime'
import { asked, intervalShown } from './search'
import { sum, useService } from './service'
import { useSpanColumn } from './spanColumn'
import { TotalsOrTime } from './TotalsOrTime'
import type { ViewProps } from './views'

type Row = Schema<'QueueRow'>

export default function Queues({ search }: ViewProps) {
  const { t } = useTranslation('reports')
  const question = asked('queues', search)
  const interval = intervalShown(search)
  const spanColumn = useSpanColumn(interval)
  const ask = (by: typeof interval | 'whole') => ({
    queryKey: ['reports', 'queues', question, by],
    queryFn: () => fetched(client.GET('/reports/queues', { params: { query: { ...question, interval: by } } })),
    placeholderData: keepPreviousData,
  })
  const whole = useQuery(ask('whole'))
  const parts = useQuery(ask(interval))
  const service = useService<Row>()
  const queue: Column<Row> = { key: 'queue', head: t('filter.queue'), phone: 'title', sort: (row) => row.queue, cell: (row) => row.queue }
  return (
    <Loaded query={whole}>
      {({ total, previous, rows, threshold }) =>
        rows.length === 0 && !previous?.rows.length ? (
          <NoCalls />
        ) : (
          <>
            <Kpis all={service.kpis(total, previous?.total, threshold)} />
            <Loaded query={parts}>
              {(divided) => (
                <>
                  <OverTime
                    title={t('chart.queues')}
                    now={divided}
                    before={divided.previous}
                    interval={interval}
                    zone={divided.zone}
                    figures={service.figures}
                    compared={(some) => sum(some, ({ offered }) => offered)}
                  />
                  <TotalsOrTime totals={t('view.queues')} />
                  {search.view === 'time' ? (
                    <DataTable
                      label={t('report.queues')}
                      rows={divided.rows}
                      id={(row) => `${row.from} ${row.queue}`}
                      columns={[spanColumn(divided.zone), { ...queue, phone: 'title' }, ...service.columns]}
                    />
                  ) : (
                    <DataTable
                      label={t('report.queues')}
                      rows={rows}
                      id={(row) => row.queue}
                      columns={[queue, ...service.columns]}
                      sort={{ by: 'queue', desc: false }}
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
