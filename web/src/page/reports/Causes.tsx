import { Progress } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, type Schema } from '~/api/client'
import { Outcome } from '~/page/calls/Outcome'
import { dispositions } from '~/page/calls/search'
import { useWords } from '~/page/calls/words'
import { type Column, DataTable } from '~/part/DataTable'
import { Loaded } from '~/part/Loaded'
import style from './Causes.module.css'
import { fetched } from './fetched'
import { Kpis } from './Kpis'
import { NoCalls } from './NoCalls'
import { OverTime } from './OverTime'
import { asked, intervalShown } from './search'
import { sum, useCells } from './service'
import { useSpanColumn } from './spanColumn'
import { TotalsOrTime } from './TotalsOrTime'
import type { ViewProps } from './views'

type Row = Schema<'CauseRow'>

const colors = {
  answered: 'green.7',
  abandoned: 'red.7',
  no_answer: 'yellow.6',
  busy: 'orange.6',
  rejected: 'grape.6',
  failed: 'red.9',
  unconnected: 'gray.5',
} as const

export default function Causes({ search }: ViewProps) {
  const { t } = useTranslation('reports')
  const words = useWords()
  const cells = useCells()
  const question = asked('causes', search)
  const interval = intervalShown(search)
  const spanColumn = useSpanColumn(interval)
  const ask = (by: typeof interval | 'whole') => ({
    queryKey: ['reports', 'causes', question, by],
    queryFn: () => fetched(client.GET('/reports/causes', { params: { query: { ...question, interval: by } } })),
    placeholderData: keepPreviousData,
  })
  const whole = useQuery(ask('whole'))
  const parts = useQuery(ask(interval))
  const of = (rows: readonly Row[], disposition: string) => sum(rows, (row) => (row.disposition === disposition ? row.calls : 0))
  const columns: Column<Row>[] = [
    {
      key: 'cause',
      head: t('cause.cause'),
      phone: 'title',
      sort: ({ cause }) => words.cause(cause),
      cell: ({ cause }) => <span title={cause}>{words.cause(cause)}</span>,
    },
    {
      key: 'disposition',
      head: t('cause.disposition'),
      sort: ({ disposition }) => words.disposition(disposition),
      cell: ({ disposition }) => <Outcome disposition={disposition} />,
    },
    {
      key: 'direction',
      head: t('cause.direction'),
      sort: ({ direction }) => direction,
      cell: ({ direction }) => words.direction(direction),
    },
    {
      key: 'hungUpBy',
      head: t('cause.hungUpBy'),
      sort: ({ hung_up_by }) => hung_up_by,
      cell: ({ hung_up_by }) => words.hungUpBy(hung_up_by),
    },
    { key: 'calls', head: t('cause.calls'), align: 'end', sort: ({ calls }) => calls, cell: ({ calls }) => cells.count(calls) },
    {
      key: 'share',
      head: t('cause.share'),
      width: 220,
      sort: ({ share }) => share ?? 0,
      cell: ({ share }) => (
        <span className={style.share}>
          <Progress value={share ?? 0} size="sm" aria-hidden />
          <span>{cells.percent(share)}</span>
        </span>
      ),
    },
  ]
  return (
    <Loaded query={whole}>
      {({ total, previous, rows }) =>
        rows.length === 0 && !previous?.rows.length ? (
          <NoCalls />
        ) : (
          <>
            <Kpis
              all={[
                { name: t('figure.calls'), kind: 'count', now: total.calls, ...(previous && { before: previous.total.calls }) },
                ...dispositions
                  .filter((one) => one === 'answered' || of(rows, one) > 0 || of(previous?.rows ?? [], one) > 0)
                  .map((one) => ({
                    name: words.disposition(one),
                    kind: 'count' as const,
                    better: one === 'answered' ? ('more' as const) : ('less' as const),
                    now: of(rows, one),
                    ...(previous && { before: of(previous.rows, one) }),
                  })),
              ]}
            />
            <Loaded query={parts}>
              {(divided) => (
                <>
                  <OverTime
                    title={t('chart.causes')}
                    now={divided}
                    before={divided.previous}
                    interval={interval}
                    zone={divided.zone}
                    figures={dispositions
                      .filter((one) => of(rows, one) > 0)
                      .map((one) => ({
                        name: one,
                        label: words.disposition(one),
                        color: colors[one],
                        type: 'bar',
                        of: (some: readonly Row[]) => of(some, one),
                      }))}
                    compared={(some) => sum(some, ({ calls }) => calls)}
                  />
                  <TotalsOrTime totals={t('view.causes')} />
                  {search.view === 'time' ? (
                    <DataTable
                      label={t('report.causes')}
                      rows={divided.rows}
                      id={(row) => `${row.from} ${row.cause} ${row.disposition} ${row.hung_up_by} ${row.direction}`}
                      columns={[spanColumn(divided.zone), ...columns]}
                    />
                  ) : (
                    <DataTable
                      label={t('report.causes')}
                      rows={rows}
                      id={(row) => `${row.cause} ${row.disposition} ${row.hung_up_by} ${row.direction}`}
                      columns={columns}
                      sort={{ by: 'calls', desc: true }}
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
