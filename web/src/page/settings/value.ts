/** The units of durations, as Go writes them, in ms. */
export const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
export type Unit = keyof typeof units

/** Milliseconds of a duration as Go writes it, such as 1m30s; undefined of what is none. */
export function readDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) ms += Number(amount) * units[unit as Unit]
  return ms
}

/** A duration in the largest unit of which it has a whole number. */
export function split(ms: number): { amount: number; unit: Unit } {
  const unit = (['h', 'm', 's'] as const).find((one) => ms > 0 && ms % units[one] === 0) ?? (ms === 0 ? 's' : 'ms')
  return { amount: ms / units[unit], unit }
}

/** What a setting of a number or a duration takes, of `1s to 2m`. */
export function limits(accepts: string): [string, string] | undefined {
  const [from, to] = accepts.split(' to ')
  return from !== undefined && to !== undefined ? [from, to] : undefined
}
