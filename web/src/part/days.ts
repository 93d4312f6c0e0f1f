/** Some days as the API reads them, YYYY-MM-DD, both whole. */
export interface Days {
  from: string
  to: string
}

const two = (n: number) => String(n).padStart(2, '0')

/** The day of a moment, by the browser's clock. */
export const dayOf = (at: Date) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`

export const spans = ['today', 'yesterday', 'last7', 'last30', 'thisWeek', 'lastWeek', 'thisMonth', 'lastMonth'] as const
export type SpanName = (typeof spans)[number]

/** Days by what people call them. Weeks begin on Monday. */
export function daysOf(name: SpanName, now = new Date()): Days {
  const [y, m, d] = [now.getFullYear(), now.getMonth(), now.getDate()]
  const between = (from: Date, to: Date) => ({ from: dayOf(from), to: dayOf(to) })
  const back = (days: number) => new Date(y, m, d - days)
  const sinceMonday = (now.getDay() + 6) % 7
  switch (name) {
    case 'today':
      return between(now, now)
    case 'yesterday':
      return between(back(1), back(1))
    case 'last7':
      return between(back(6), now)
    case 'last30':
      return between(back(29), now)
    case 'thisWeek':
      return between(back(sinceMonday), now)
    case 'lastWeek':
      return between(back(sinceMonday + 7), back(sinceMonday + 1))
    case 'thisMonth':
      return between(new Date(y, m, 1), now)
    case 'lastMonth':
      return between(new Date(y, m - 1, 1), new Date(y, m, 0))
  }
}

/** IANA's name of the browser's time zone. */
export const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone
