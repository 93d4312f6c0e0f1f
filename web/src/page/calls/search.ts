import { browserZone, daysOf } from '~/part/days'
import { day, oneOf, someOf, text, texts, whole } from '~/part/search'

export const dispositions = ['answered', 'abandoned', 'no_answer', 'busy', 'rejected', 'failed', 'unconnected'] as const
export const directions = ['inbound', 'outbound'] as const
export type Disposition = (typeof dispositions)[number]

/** What calls are looked for by; it lies in the page's address. */
export interface CallsSearch {
  from?: string | undefined
  to?: string | undefined
  number?: string | undefined
  id?: string | undefined
  project?: string[] | undefined
  queue?: string | undefined
  agent?: string | undefined
  disposition?: Disposition[] | undefined
  direction?: (typeof directions)[number] | undefined
  recorded?: 'true' | 'false' | undefined
  switch?: string | undefined
  min?: number | undefined
  max?: number | undefined
}

export const readSearch = (said: Record<string, unknown>): CallsSearch => ({
  from: day(said.from),
  to: day(said.to),
  number: text(said.number),
  id: text(said.id),
  project: texts(said.project),
  queue: text(said.queue),
  agent: text(said.agent),
  disposition: someOf(said.disposition, dispositions),
  direction: oneOf(said.direction, directions),
  recorded: oneOf(String(said.recorded), ['true', 'false']),
  switch: text(said.switch),
  min: whole(said.min, 0, 1e9),
  max: whole(said.max, 0, 1e9),
})

/** Which days are shown: a week where the address names none. */
export function daysShown({ from, to }: Pick<CallsSearch, 'from' | 'to'>) {
  return from && to && from <= to ? { from, to } : daysOf('last7')
}

/** The search as the API takes it. A call that is named is looked for at all times. */
export function asked(search: CallsSearch) {
  const { from: _from, to: _to, min, max, ...rest } = search
  const time = search.id ? {} : { ...daysShown(search), zone: browserZone() }
  const all = { ...time, ...rest, min_duration: min, max_duration: max }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Known<typeof all>
}

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

let last: CallsSearch = {}
/** What was looked for last: a call's page leads back to it. */
export const lastSearch = () => last
export const keepSearch = (search: CallsSearch) => {
  last = search
}
