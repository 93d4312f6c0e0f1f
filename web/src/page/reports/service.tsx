import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import type { Column } from '~/part/DataTable'
import { duration, useFormat } from '~/text/format'
import type { Kpi } from './Kpis'
import type { Figure } from './OverTime'

type Service = Pick<
  Schema<'QueueRow'>,
  | 'offered'
  | 'answered'
  | 'abandoned'
  | 'answered_in_time'
  | 'service_level'
  | 'abandon_rate'
  | 'asa'
  | 'average_wait'
  | 'longest_wait'
  | 'aht'
  | 'talk'
  | 'hold'
>

export const sum = <R,>(rows: readonly R[], of: (row: R) => number) => rows.reduce((all, row) => all + of(row), 0)

/** How a part of a whole is said in a cell; nothing to divide by is a dash. */
export function useCells() {
  const format = useFormat()
  return {
    count: (n: number) => format.number(n),
    percent: (n: number | null) => (n === null ? '—' : format.percent(n / 100)),
    seconds: (n: number | null) => (n === null ? '—' : duration(Math.round(n))),
  }
}

/** The figures of who entered a queue, as queues and numbers have them. */
export function useService<R extends Service>() {
  const { t } = useTranslation('reports')
  const cells = useCells()
  const kpis = (now: Service, before: Service | undefined, threshold: number | undefined): Kpi[] => {
    const one = (key: keyof Service) => ({ now: now[key], ...(before && { before: before[key] }) })
    return [
      { name: t('figure.offered'), about: t('figure.offeredAbout'), kind: 'count', ...one('offered') },
      { name: t('figure.answered'), kind: 'count', better: 'more', ...one('answered') },
      { name: t('figure.abandoned'), about: t('figure.abandonedAbout'), kind: 'count', better: 'less', ...one('abandoned') },
      {
        name: t('figure.serviceLevel', { threshold: threshold ?? 20 }),
        about: t('figure.serviceLevelAbout'),
        kind: 'percent',
        better: 'more',
        ...one('service_level'),
      },
      { name: t('figure.abandonRate'), about: t('figure.abandonRateAbout'), kind: 'percent', better: 'less', ...one('abandon_rate') },
      { name: t('figure.asa'), about: t('figure.asaAbout'), kind: 'seconds', better: 'less', ...one('asa') },
      { name: t('figure.aht'), about: t('figure.ahtAbout'), kind: 'seconds', ...one('aht') },
      { name: t('figure.longestWait'), kind: 'seconds', better: 'less', ...one('longest_wait') },
    ]
  }
  const columns: Column<R>[] = [
    {
      key: 'offered',
      head: t('figure.offered'),
      align: 'end',
      sort: ({ offered }) => offered,
      cell: ({ offered }) => cells.count(offered),
    },
    {
      key: 'answered',
      head: t('figure.answered'),
      align: 'end',
      sort: ({ answered }) => answered,
      cell: ({ answered }) => cells.count(answered),
    },
    {
      key: 'abandoned',
      head: t('figure.abandoned'),
      align: 'end',
      sort: ({ abandoned }) => abandoned,
      cell: ({ abandoned }) => cells.count(abandoned),
    },
    {
      key: 'sl',
      head: t('figure.sl'),
      align: 'end',
      sort: ({ service_level }) => service_level ?? -1,
      cell: ({ service_level }) => cells.percent(service_level),
    },
    {
      key: 'ar',
      head: t('figure.ar'),
      align: 'end',
      sort: ({ abandon_rate }) => abandon_rate ?? -1,
      cell: ({ abandon_rate }) => cells.percent(abandon_rate),
    },
    { key: 'asa', head: t('figure.asaShort'), align: 'end', sort: ({ asa }) => asa ?? -1, cell: ({ asa }) => cells.seconds(asa) },
    { key: 'aht', head: t('figure.ahtShort'), align: 'end', sort: ({ aht }) => aht ?? -1, cell: ({ aht }) => cells.seconds(aht) },
    {
      key: 'longest',
      head: t('figure.longestShort'),
      align: 'end',
      sort: ({ longest_wait }) => longest_wait,
      cell: ({ longest_wait }) => cells.seconds(longest_wait),
    },
    { key: 'talk', head: t('figure.talk'), align: 'end', sort: ({ talk }) => talk, cell: ({ talk }) => cells.seconds(talk) },
    { key: 'hold', head: t('figure.hold'), align: 'end', phone: 'hide', sort: ({ hold }) => hold, cell: ({ hold }) => cells.seconds(hold) },
  ]
  const figures: Figure<R>[] = [
    { name: 'answered', label: t('figure.answered'), color: 'green.7', type: 'bar', of: (rows) => sum(rows, ({ answered }) => answered) },
    { name: 'abandoned', label: t('figure.abandoned'), color: 'red.7', type: 'bar', of: (rows) => sum(rows, ({ abandoned }) => abandoned) },
  ]
  return { kpis, columns, figures }
}
