/** What somebody means who types a time: 9 is 09:00, 930 is 09:30. */
export function readTime(typed: string): string {
  const digits = typed.replace(/\D/g, '')
  const [h, m] = /[:.\s-]/.test(typed.trim())
    ? typed.trim().split(/\D+/)
    : digits.length <= 2
      ? [digits, '0']
      : [digits.slice(0, -2), digits.slice(-2)]
  if (!h || Number(h) > 24 || Number(m ?? 0) > 59) return typed
  return `${h.padStart(2, '0')}:${(m || '0').padStart(2, '0')}`
}
