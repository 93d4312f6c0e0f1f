import { browserZone, daysOf } from '~/part/days'
import { day, oneOf, text, texts, whole } from '~/part/search'

export const reports = ['centre', 'queues', 'agents', 'numbers', 'heatmap', 'causes'] as const
export type ReportName = (typeof reports)[number]
export const intervals = ['quarter', 'hour', 'day', 'week', 'month'] as const
export type Interval = (typeof intervals)[number]
export const levels = ['answered', 'offered', 'offered_less_short', 'answered_and_late_lost', 'lost_in_time_kept'] as const

/** What a report is asked for by; it lies in the page's address, and stays from one report to the next. */
export interface ReportSearch {
  from?: string | undefined
  to?: string | undefined
  zone?: string | undefined
  interval?: Interval | undefined
  project?: string[] | undefined
  queue?: string[] | undefined
  agent?: string[] | undefined
  number?: string[] | undefined
  threshold?: number | undefined
  sl?: (typeof levels)[number] | undefined
  short?: number | undefined
  compare?: 'previous' | undefined
  view?: 'time' | undefined
}

export const readSearch = (said: Record<string, unknown>): ReportSearch => ({
  from: day(said.from),
  to: day(said.to),
  zone: text(said.zone),
  interval: oneOf(said.interval, intervals),
  project: texts(said.project),
  queue: texts(said.queue),
  agent: texts(said.agent),
  number: texts(said.number),
  threshold: whole(said.threshold, 1, 3600),
  sl: oneOf(said.sl, levels),
  short: whole(said.short, 1, 3600),
  compare: oneOf(said.compare, ['previous']),
  view: oneOf(said.view, ['time']),
})

/** What each report can be asked for by, apart from time and projects. */
export const fields: Readonly<Record<ReportName, readonly (keyof ReportSearch)[]>> = {
  centre: [],
  queues: ['zone', 'interval', 'queue', 'number', 'threshold', 'sl', 'short'],
  agents: ['zone', 'interval', 'queue', 'agent'],
  numbers: ['zone', 'interval', 'number', 'threshold', 'sl', 'short'],
  heatmap: ['zone', 'queue', 'number', 'threshold', 'sl', 'short'],
  causes: ['zone', 'interval', 'number'],
}

/** Which days are shown: a week where the address names none. */
export const daysShown = ({ from, to }: ReportSearch) => (from && to && from <= to ? { from, to } : daysOf('last7'))

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The search as the API takes it for a report. */
export function asked(name: ReportName, search: ReportSearch) {
  const { view: _view, interval: _interval, ...rest } = search
  const kept = Object.fromEntries(
    Object.entries(rest).filter(
      ([key, value]) => value !== undefined && (['project', 'compare'].includes(key) || fields[name].includes(key as keyof ReportSearch)),
    ),
  ) as Known<Omit<ReportSearch, 'view' | 'interval' | 'from' | 'to'>>
  const zone = fields[name].includes('zone') ? { zone: search.zone ?? browserZone() } : {}
  return { ...kept, ...zone, ...daysShown(search) }
}

/** How the time is divided: by hours where it is short, else by days. */
export function intervalShown(search: ReportSearch): Interval {
  if (search.interval) return search.interval
  const { from, to } = daysShown(search)
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1
  return days <= 2 ? 'hour' : days <= 62 ? 'day' : days <= 400 ? 'week' : 'month'
}
