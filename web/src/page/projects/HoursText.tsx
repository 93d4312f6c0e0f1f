import { useTranslation } from 'react-i18next'
import { readHours, runsOf, type Span } from './hours'

/** What the days of the week are called, from Monday on. */
export function dayNames(language: string, weekday: 'short' | 'long' = 'short'): string[] {
  const format = new Intl.DateTimeFormat(language, { weekday, timeZone: 'UTC' })
  // 2024 began with a Monday.
  return [1, 2, 3, 4, 5, 6, 7]
    .map((day) => format.format(new Date(Date.UTC(2024, 0, day))))
    .map((name) => name[0]?.toUpperCase() + name.slice(1))
}

/** Hours in a line. */
export function HoursText({ value }: { value: string | undefined }) {
  const { t, i18n } = useTranslation('projects')
  const hours = readHours(value ?? '')
  if (!hours) return <span>{value}</span>
  const names = dayNames(i18n.language)
  const times = (spans: readonly Span[]) =>
    spans.map(({ from, to }) => (from === '00:00' && to === '24:00' ? t('hours.allDay').toLowerCase() : `${from}–${to}`)).join(', ')
  const week = hours.week
    ? runsOf(hours.week)
        .map(({ first, last, spans }) => `${names[first]}${last > first ? `–${names[last]}` : ''} ${times(spans)}`)
        .join('; ')
    : t('hours.always')
  return (
    <span className="tabular">
      {week}
      {hours.specials.length > 0 && `; ${t('hours.exceptionCount', { count: hours.specials.length })}`}
    </span>
  )
}
