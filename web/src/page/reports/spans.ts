import type { Interval } from './search'

/** A stretch of a report's time, and what it is called. */
export interface Span {
  from: number
  key: string
}

const two = (n: number) => String(n).padStart(2, '0')

/** The day that clocks show in a zone. */
function dayIn(zone: string) {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
  return (at: number) => format.format(at)
}

function monday(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7))
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`
}

/** Tells in which stretch a moment is. */
export function keyIn(interval: Interval, zone: string): (at: number) => string {
  const day = dayIn(zone)
  switch (interval) {
    case 'quarter':
      return (at) => String(Math.floor(at / 900_000))
    case 'hour':
      return (at) => String(Math.floor(at / 3_600_000))
    case 'day':
      return day
    case 'week':
      return (at) => monday(day(at))
    case 'month':
      return (at) => day(at).slice(0, 7)
  }
}

/** All stretches of a time, those in which nothing was too; a report has no rows of these. */
export function spansOf(from: string, to: string, interval: Interval, zone: string): Span[] {
  const key = keyIn(interval, zone)
  const step = interval === 'quarter' ? 900_000 : 3_600_000
  const found = new Map<string, number>()
  for (let at = Date.parse(from); at < Date.parse(to) && found.size < 2000; at += step) if (!found.has(key(at))) found.set(key(at), at)
  return [...found].map(([name, at]) => ({ key: name, from: at }))
}

/** What a stretch is called on an axis and in a table. */
export function spanName(at: number | string, interval: Interval, zone: string, language: string): string {
  const moment = new Date(at)
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, { timeZone: zone, ...options }).format(moment)
  switch (interval) {
    case 'quarter':
    case 'hour':
      return format({ day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit' })
    case 'day':
      return format({ weekday: 'short', day: '2-digit', month: '2-digit' })
    case 'week':
      return format({ day: '2-digit', month: '2-digit', year: 'numeric' })
    case 'month':
      return format({ month: 'long', year: 'numeric' })
  }
}
