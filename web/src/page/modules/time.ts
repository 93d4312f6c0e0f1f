import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { localeOf, type Moment, moment } from '~/text/format'

/** A day and a time of day to the minute, in the browser's zone: a switch is thought of so. */
export function useMinute() {
  const language = localeOf(useTranslation().i18n.language)
  return useMemo(() => {
    const format = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' })
    const withYear = new Intl.DateTimeFormat(language, {
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    })
    return (at: Moment) => {
      const when = moment(at)
      return (when.getFullYear() === new Date().getFullYear() ? format : withYear).format(when)
    }
  }, [language])
}
