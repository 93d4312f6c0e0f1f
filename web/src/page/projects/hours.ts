/** From a time to another, as 09:00; one whose end is not after its beginning goes on until the next day. */
export interface Span {
  from: string
  to: string
}

/** A date that is not as the week says; without spans it is closed. */
export interface Special {
  date: string
  spans: readonly Span[]
}

/** When something is open, in the API's form once it was read. */
export interface Hours {
  /** From Monday on; without it every day is open as a whole. */
  week?: readonly (readonly Span[])[]
  specials: readonly Special[]
}

const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
const clock = /^([01]\d|2[0-3]):[0-5]\d$/

/** What the API refuses as well, and which it is never sent: no day of the week is open, which no rule can say. */
export const allClosed = 'Mon closed'

const isSpan = ({ from, to }: Span) => clock.test(from) && (clock.test(to) || to === '24:00') && from !== to

/** Whether all times and dates are such. */
export function isWhole({ week = [], specials }: Hours): boolean {
  const dates = specials.map(({ date }) => date)
  return (
    week.flat().every(isSpan) &&
    specials.every(({ date, spans }) => /^\d{4}-\d\d-\d\d$/.test(date) && spans.every(isSpan)) &&
    new Set(dates).size === dates.length
  )
}

/** Reads what the API has; undefined of what is none. */
export function readHours(text: string): Hours | undefined {
  const week: Span[][] = names.map(() => [])
  const specials = new Map<string, Span[]>()
  let set = false
  for (const rule of text.split(/[;\n\r]/)) {
    const [days = '', times = '', ...rest] = rule.split(/\s+/).filter(Boolean)
    if (days === '') continue
    const spans = times.toLowerCase() === 'closed' ? [] : times.split(',').map(readSpan)
    if (rest.length > 0 || !spans.every((span) => span !== undefined)) return undefined
    if (/^\d/.test(days)) {
      specials.set(days, [...(specials.get(days) ?? []), ...spans])
      continue
    }
    if (spans.length === 0) return undefined
    set = true
    for (const part of days.split(',')) {
      const ends = part.split('-').map((name) => names.findIndex((one) => one.toLowerCase() === name.toLowerCase()))
      const [first = -1, last = first] = ends
      if (first < 0 || last < 0) return undefined
      for (let day = first; ; day = (day + 1) % 7) {
        week[day]?.push(...spans)
        if (day === last) break
      }
    }
  }
  const hours: Hours = { ...(set && { week }), specials: [...specials].map(([date, spans]) => ({ date, spans })) }
  return isWhole(hours) ? hours : undefined
}

function readSpan(text: string): Span | undefined {
  const [from, to, ...rest] = text.split('-')
  return from !== undefined && to !== undefined && rest.length === 0 ? { from, to } : undefined
}

const timesOf = (spans: readonly Span[]) => spans.map(({ from, to }) => `${from}-${to}`).join(',')

/** The days of a week that are open at the same times, as runs of neighbours. */
export function runsOf(week: readonly (readonly Span[])[]): { first: number; last: number; spans: readonly Span[] }[] {
  const runs: { first: number; last: number; spans: readonly Span[] }[] = []
  week.forEach((spans, day) => {
    const run = runs.at(-1)
    if (run && run.last === day - 1 && timesOf(run.spans) === timesOf(spans)) run.last = day
    else runs.push({ first: day, last: day, spans })
  })
  return runs.filter(({ spans }) => spans.length > 0)
}

/** Writes it as the API has it. */
export function writeHours({ week, specials }: Hours): string {
  const runs = week && runsOf(week)
  if (runs?.length === 0) return allClosed
  const rules = (runs ?? []).map(
    ({ first, last, spans }) => `${names[first]}${last > first ? `${last > first + 1 ? '-' : ','}${names[last]}` : ''} ${timesOf(spans)}`,
  )
  const days = specials
    .toSorted((a, b) => a.date.localeCompare(b.date))
    .map(({ date, spans }) => `${date} ${spans.length === 0 ? 'closed' : timesOf(spans)}`)
  return [...rules, ...days].join('; ')
}
