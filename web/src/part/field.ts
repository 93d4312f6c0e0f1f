import type { TFunction } from 'i18next'

// What the API says of fields whose form is wrong, before it looks at what they mean.
const forms = [
  [/^expected length >= (\d+)$/, 'minLength'],
  [/^expected length <= (\d+)$/, 'maxLength'],
  [/^expected array length >= (\d+)$/, 'minItems'],
  [/^expected array length <= (\d+)$/, 'maxItems'],
  [/^expected array items to be unique$/, 'unique'],
  [/^expected number >= (\S+)$/, 'min'],
  [/^expected number <= (\S+)$/, 'max'],
  [/^expected (?:number|integer)$/, 'number'],
  [/^expected required property \S+ to be present$/, 'required'],
  [/^expected value to be one of "(.*)"$/, 'oneOf'],
] as const

/** What is wrong with a field, in the reader's words where they are known, else in the API's. */
export function fieldText(t: TFunction<'common'>, message: string): string {
  for (const [form, key] of forms) {
    const found = form.exec(message)
    if (found) return t(`field.${key}`, { limit: found[1] ?? '' })
  }
  return message
}
