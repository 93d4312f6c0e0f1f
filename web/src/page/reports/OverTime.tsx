import { useTranslation } from 'react-i18next'
import { Panel } from '~/part/Panel'
import { localeOf } from '~/text/format'
import type { Interval } from './search'
import { keyIn, spanName, spansOf } from './spans'
import { type Series, Trend } from './Trend'

/** The rows of a time as the API gives them. */
export interface Time<R> {
  from: string
  to: string
  rows: R[]
}

export interface Figure<R> extends Series {
  /** Adds up a stretch's rows; null where there is nothing to divide by. */
  of: (rows: readonly R[]) => number | null
}

interface Props<R> {
  title: string
  now: Time<R>
  before?: Time<R> | undefined
  interval: Interval
  zone: string
  figures: readonly Figure<R>[]
  /** What is drawn of the time before. */
  compared: (rows: readonly R[]) => number | null
}

/** Figures by stretches of time, with those in which nothing was; the time before is a line over them. */
export function OverTime<R extends { from: string }>({ title, now, before, interval, zone, figures, compared }: Props<R>) {
  const { t, i18n } = useTranslation('reports')
  const key = keyIn(interval, zone)
  const group = (rows: readonly R[]) => {
    const found = new Map<string, R[]>()
    for (const row of rows) {
      const name = key(Date.parse(row.from))
      const there = found.get(name)
      if (there) there.push(row)
      else found.set(name, [row])
    }
    return found
  }
  const current = group(now.rows)
  const past = before && group(before.rows)
  const pastSpans = before ? spansOf(before.from, before.to, interval, zone) : []
  const data = spansOf(now.from, now.to, interval, zone).map((span, i) => {
    const rows = current.get(span.key) ?? []
    const point: Record<string, string | number | null> = { span: spanName(span.from, interval, zone, localeOf(i18n.language)) }
    for (const { name, of } of figures) point[name] = of(rows)
    const pastSpan = pastSpans[i]
    if (past) point.before = pastSpan ? compared(past.get(pastSpan.key) ?? []) : null
    return point
  })
  const drawn = figures.filter(({ name }) => name === figures[0]?.name || data.some((point) => point[name]))
  const series: Series[] = [
    ...drawn,
    ...(before ? [{ name: 'before', label: t('periodBefore'), color: 'gray.6', type: 'line' as const }] : []),
  ]
  return (
    <Panel title={title}>
      <Trend label={title} data={data} series={series} />
    </Panel>
  )
}
