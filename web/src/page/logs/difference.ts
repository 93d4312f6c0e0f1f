/** One field of what was changed. */
export interface Difference {
  field: string
  before: string | undefined
  after: string | undefined
}

type Thing = Record<string, unknown> | undefined

/** A value as one reads it: text and lists of it as they are, the rest as JSON. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value
  const plain = Array.isArray(value) && value.every((one) => typeof one !== 'object')
  return plain ? value.join(', ') : JSON.stringify(value)
}

/** An object that is kept as its JSON, and anything else as it is. */
function read(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('{')) return value
  try {
    return JSON.parse(value)
  } catch {
    return value // a text that begins so
  }
}

/** The fields of a thing, those of objects in it with a dot before them. */
function fields(of: Thing, before = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [name, kept] of Object.entries(of ?? {})) {
    const value = read(kept)
    const inside = value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 0
    if (!inside) all.set(before + name, shown(value))
    else for (const [deep, text] of fields(value as Record<string, unknown>, `${before}${name}.`)) all.set(deep, text)
  }
  return all
}

/** In what two states of a thing differ, in the order of their fields; of what was not there, or is not any more, all of it. */
export function differences(before: Thing, after: Thing): Difference[] {
  const [old, now] = [fields(before), fields(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])]
  return names.map((field) => ({ field, before: old.get(field), after: now.get(field) })).filter((one) => one.before !== one.after)
}
