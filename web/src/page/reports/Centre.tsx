import { Paper, ScrollArea, Table } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, type Schema } from '~/api/client'
import { useChoices } from '~/part/choices'
import { Loaded } from '~/part/Loaded'
import { localeOf, useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import style from './Centre.module.css'
import { fetched } from './fetched'
import { type Kpi, Kpis } from './Kpis'
import { NoCalls } from './NoCalls'
import { OverTime, type Time } from './OverTime'
import { asked } from './search'
import { sum, useCells } from './service'
import type { ViewProps } from './views'

type Row = Schema<'CentreRow'>

/** Figures in the order and under the names of the manual. */
const counts = [
  'calls',
  'unqueued',
  'queued',
  'average_wait',
  'abandoned',
  'answered',
  'service_level',
  'abandon_rate',
  'aht',
  'asa',
  'answered_in_20',
  'abandoned_in_20',
  'longest_wait',
  'average_talk',
  'average_hold',
  'average_wrap_up',
  'minutes',
] as const
type Count = (typeof counts)[number]

/** The contact-centre report of the manual: by day, project and number, with totals. */
export default function Centre({ search }: ViewProps) {
  const { t } = useTranslation('reports')
  const question = asked('centre', search)
  const query = useQuery({
    queryKey: ['reports', 'centre', question],
    queryFn: () => fetched(client.GET('/reports/centre', { params: { query: question } })),
    placeholderData: keepPreviousData,
  })
  const kpis = (now: Row, before: Row | undefined): Kpi[] => {
    const one = (key: Count) => ({ now: now[key], ...(before && { before: before[key] }) })
    return [
      { name: t('figure.calls'), kind: 'count', ...one('calls') },
      { name: t('figure.unqueued'), about: t('centre.unqueued'), kind: 'count', better: 'less', ...one('unqueued') },
      { name: t('figure.answered'), about: t('centre.answered'), kind: 'count', better: 'more', ...one('answered') },
      { name: t('figure.abandoned'), about: t('centre.abandoned'), kind: 'count', better: 'less', ...one('abandoned') },
      { name: t('figure.sl'), about: t('centre.service_level'), kind: 'percent', better: 'more', ...one('service_level') },
      { name: t('figure.ar'), about: t('centre.abandon_rate'), kind: 'percent', better: 'less', ...one('abandon_rate') },
      { name: t('figure.asaShort'), about: t('centre.asa'), kind: 'seconds', better: 'less', ...one('asa') },
      { name: t('figure.ahtShort'), about: t('centre.aht'), kind: 'seconds', ...one('aht') },
    ]
  }
  return (
    <Loaded query={query}>
      {({ total, previous, rows, from, to }) =>
        rows.length === 0 && !previous?.rows.length ? (
          <NoCalls />
        ) : (
          <>
            <Kpis all={kpis(total, previous?.total)} />
            <OverTime
              title={t('chart.centre')}
              now={days(rows, from, to)}
              before={previous && days(previous.rows, previous.from, previous.to)}
              interval="day"
              zone="UTC"
              figures={[
                {
                  name: 'answered',
                  label: t('figure.answered'),
                  color: 'green.7',
                  type: 'bar',
                  of: (some) => sum(some, ({ answered }) => answered),
                },
                {
                  name: 'abandoned',
                  label: t('figure.abandoned'),
                  color: 'red.7',
                  type: 'bar',
                  of: (some) => sum(some, ({ abandoned }) => abandoned),
                },
                {
                  name: 'unqueued',
                  label: t('figure.unqueued'),
                  color: 'gray.5',
                  type: 'bar',
                  of: (some) => sum(some, ({ unqueued }) => unqueued),
                },
              ]}
              compared={(some) => sum(some, ({ calls }) => calls)}
            />
            <CentreTable rows={rows} />
          </>
        )
      }
    </Loaded>
  )
}

/** The days of projects as stretches of time: each project counts days by its own clocks, so they only stand for days. */
function days(rows: readonly Row[], from: string, to: string): Time<Row & { from: string }> {
  const day = (at: string) => `${at.slice(0, 10)}T00:00:00Z`
  return {
    from: day(from),
    to: day(to),
    rows: rows.filter(({ part }) => part === 'project').map((row) => ({ ...row, from: day(row.date) })),
  }
}

function CentreTable({ rows }: { rows: readonly Row[] }) {
  const { t, i18n } = useTranslation('reports')
  const format = useFormat()
  const cells = useCells()
  const { projectName } = useChoices()
  const date = new Intl.DateTimeFormat(localeOf(i18n.language), { timeZone: 'UTC', day: '2-digit', month: '2-digit', year: '2-digit' })
  const weekday = new Intl.DateTimeFormat(localeOf(i18n.language), { timeZone: 'UTC', weekday: 'short' })
  const said = (row: Row, key: Count) => {
    const n = row[key]
    if (n === null) return '—'
    if (key === 'service_level' || key === 'abandon_rate') return cells.percent(n)
    if (['aht', 'longest_wait', 'average_talk', 'average_hold', 'average_wrap_up'].includes(key)) return cells.seconds(n)
    return format.number(Math.round(n * 100) / 100)
  }
  return (
    <Paper withBorder>
      <ScrollArea type="auto" offsetScrollbars="x" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('report.centre') }}>
        <Table className={style.table} verticalSpacing={6} horizontalSpacing={5} aria-label={t('report.centre')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th className={style.day}>{t('centre.date')}</Table.Th>
              <Table.Th>{t('centre.project')}</Table.Th>
              <Table.Th>{t('centre.number')}</Table.Th>
              {counts.map((key) => (
                <Table.Th key={key} className={style.count}>
                  <span>{t(`centre.${key}`)}</span>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={`${row.date} ${row.project} ${row.part} ${row.number}`} data-part={row.part}>
                <Table.Th scope="row" className={style.day}>
                  {row.part === 'total'
                    ? t('centre.total')
                    : `${weekday.format(Date.parse(row.date))} ${date.format(Date.parse(row.date))}`}
                </Table.Th>
                <Table.Td>{row.project && <span title={row.project}>{projectName(row.project)}</span>}</Table.Td>
                <Table.Td className="tabular">
                  {row.part === 'number' ? phone(row.number) : row.part === 'project' ? t('centre.total') : ''}
                </Table.Td>
                {counts.map((key) => (
                  <Table.Td key={key} className={style.figure}>
                    {said(row, key)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
    </Paper>
  )
}
