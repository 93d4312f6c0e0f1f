import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { localeOf } from '~/text/format'

type Schedule = Pick<Schema<'ReportSchedule'>, 'every' | 'weekday' | 'month_day' | 'at' | 'zone'>

/** When a scheduled report comes, and of what time it is, as one says it. */
export function useRhythm() {
  const { t, i18n } = useTranslation('reports')
  const dayName = (weekday: number) =>
    new Intl.DateTimeFormat(localeOf(i18n.language), { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, weekday))
  return {
    dayName,
    period: (period: 'yesterday' | 'last_week' | 'last_month') => t(`schedule.period.${period}`),
    every: ({ every, weekday = 1, month_day = 1, at }: Schedule) => {
      if (every === 'daily') return t('schedule.daily', { at })
      if (every === 'weekly') return t('schedule.weekly', { day: dayName(weekday), at })
      return t('schedule.monthly', { day: month_day, at })
    },
  }
}
