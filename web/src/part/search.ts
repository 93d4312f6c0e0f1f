/** What an address may say after its question mark, each read with care: what is not valid is not there. */
export const text = (said: unknown): string | undefined =>
  (typeof said === 'string' && said.trim() !== '') || typeof said === 'number' ? String(said).trim() : undefined

export function texts(said: unknown): string[] | undefined {
  const all = (Array.isArray(said) ? said : [said]).flatMap((one: unknown) => text(one) ?? [])
  return all.length > 0 ? [...new Set(all)] : undefined
}

export function whole(said: unknown, least: number, most: number): number | undefined {
  const n = typeof said === 'number' ? said : typeof said === 'string' && said !== '' ? Number(said) : Number.NaN
  return Number.isInteger(n) && n >= least && n <= most ? n : undefined
}

export const oneOf = <T extends string>(said: unknown, known: readonly T[]): T | undefined => known.find((one) => one === said)

export function someOf<T extends string>(said: unknown, known: readonly T[]): T[] | undefined {
  const all = texts(said)
  const found = known.filter((one) => all?.includes(one))
  return found.length > 0 ? found : undefined
}

/** A day, YYYY-MM-DD. */
export const day = (said: unknown): string | undefined =>
  typeof said === 'string' && /^\d{4}-\d\d-\d\d$/.test(said) && !Number.isNaN(Date.parse(said)) ? said : undefined

type Value = string | number | boolean | readonly string[] | undefined

/** A question to the API as the end of an address. */
export function asQuery(values: Readonly<Record<string, Value>>): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) {
    if (Array.isArray(value)) for (const one of value) query.append(key, one)
    else if (value !== undefined && value !== '') query.append(key, String(value))
  }
  return query.toString()
}
