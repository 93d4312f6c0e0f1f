import type { Values } from './groups'
import type { Setting } from './texts'

/** The form of a group. */
export interface Draft extends Record<string, unknown> {
  /** By key, with its dots replaced. Of a secret: what replaces it. */
  values: Record<string, string>
  /** Keys of what goes back to its first value. */
  unset: string[]
}

// A dot in the name of a form's field would be a path.
export const nameOf = (key: string) => key.replaceAll('.', '/')
export const fieldOf = (key: string) => `values.${nameOf(key)}` as const

/** A form as the settings are. */
export function draftOf(settings: readonly Setting[]): Draft {
  return { values: Object.fromEntries(settings.map(({ key, value }) => [nameOf(key), value])), unset: [] }
}

/** What is typed, by key. */
export function valuesOf(settings: readonly Setting[], { values }: Draft): Values {
  return Object.fromEntries(settings.map(({ key }) => [key, values[nameOf(key)]]))
}

/** What is other than it is kept; null goes back to its first value. */
export function changesOf(settings: readonly Setting[], { values, unset }: Draft): Record<string, string | null> {
  const changes: Record<string, string | null> = {}
  for (const { key, value } of settings) {
    const typed = values[nameOf(key)] ?? ''
    if (unset.includes(key)) changes[key] = null
    else if (typed !== value) changes[key] = typed
  }
  return changes
}

/** What a trial takes in the place of what is kept, of settings whose keys begin like that. */
export function trialValues(settings: readonly Setting[], draft: Draft, beginning: string | undefined): Record<string, string> {
  if (beginning === undefined) return {}
  const all = Object.entries(changesOf(settings, draft)).filter(([key]) => key.startsWith(beginning))
  return Object.fromEntries(all.map(([key, value]) => [key, value ?? settings.find((one) => one.key === key)?.default ?? '']))
}
