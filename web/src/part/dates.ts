const two = (n: string) => n.padStart(2, '0')

const asWritten = /^(?<d>\d{1,2})[./-](?<m>\d{1,2})[./-](?<y>\d{4})(?:[T,\s]+(?<h>\d{1,2})[:.]?(?<min>\d{2}))?$/
const asKept = /^(?<y>\d{4})-(?<m>\d{1,2})-(?<d>\d{1,2})(?:[T\s]+(?<h>\d{1,2}):(?<min>\d{2}))?$/

/** What somebody means who types a day, with the time if that is wanted: YYYY-MM-DD or YYYY-MM-DDTHH:MM, empty if it is neither. */
export function readDate(typed: string, withTime: boolean): string {
  const text = typed.trim()
  const { y = '', m = '', d = '', h, min } = (asWritten.exec(text) ?? asKept.exec(text))?.groups ?? {}
  if ((h !== undefined) !== withTime) return ''
  const day = `${y}-${two(m)}-${two(d)}`
  const at = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day) return '' // there is no 30th of February
  if (!withTime) return day
  return Number(h) < 24 && Number(min) < 60 ? `${day}T${two(h ?? '')}:${min}` : ''
}

/** Such a day as a language writes it, with the day first. */
export function shownDate(kept: string, language: string): string {
  const [day = '', time] = kept.split('T')
  const written = day
    .split('-')
    .reverse()
    .join(language === 'ru' ? '.' : '/')
  return time ? `${written} ${time}` : written
}
