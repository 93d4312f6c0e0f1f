import { dayOf } from '~/part/days'

/** When a day begins in the browser's zone, or the one so many days after it. */
export function startOf(day: string, after = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + after)
}

/** What is shown if nobody says what: yesterday and today. */
export function usual(now = new Date()): { from: string; to: string } {
  return { from: dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1)), to: dayOf(now) }
}
