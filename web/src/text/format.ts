import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

/** Seconds as m:ss, or h:mm:ss from an hour on. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (n: number) => String(n).padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** A moment as the API writes it: RFC 3339, or seconds since 1970. */
export type Moment = string | number | Date

export const moment = (at: Moment) => (typeof at === 'number' ? new Date(at * 1000) : new Date(at))

/** How dates and numbers are written in a language; in English with the day before the month, as elsewhere here. */
export const localeOf = (language: string) => (language === 'en' ? 'en-GB' : language)

/** Numbers, dates and times in the language of the page and the browser's zone. */
export function useFormat() {
  const language = localeOf(useTranslation().i18n.language)
  return useMemo(() => {
    const number = new Intl.NumberFormat(language)
    const whole = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
    const bytes = (unit: string) => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 })
    const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'].map(bytes)
    const day = new Intl.DateTimeFormat(language, { day: '2-digit', month: '2-digit', year: 'numeric' })
    const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
    const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' })
    const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
    return {
      number: (n: number) => number.format(n),
      /** Of a part: 0.5 is 50 %. */
      percent: (part: number) => whole.format(part),
      bytes: (n: number) => {
        const power = n < 1 ? 0 : Math.min(Math.floor(Math.log10(n) / 3), sizes.length - 1)
        return sizes[power]?.format(n / 1000 ** power) ?? ''
      },
      date: (at: Moment) => day.format(moment(at)),
      time: (at: Moment) => time.format(moment(at)),
      dateTime: (at: Moment) => dateTime.format(moment(at)),
      /** Seconds from now: less than nothing is past. */
      ago: (seconds: number) => {
        const size = Math.abs(seconds)
        if (size < 60) return relative.format(Math.round(seconds), 'second')
        if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute')
        if (size < 86_400) return relative.format(Math.round(seconds / 3600), 'hour')
        return relative.format(Math.round(seconds / 86_400), 'day')
      },
    }
  }, [language])
}
