import type { TFunction } from 'i18next'
import type { Schema } from '~/api/client'
import { i18n } from '~/text/i18n'
import type { Texts } from '~/text/texts'
import { readDuration, split } from './value'

export type Setting = Schema<'Setting'>
export type T = TFunction<['settings', 'common']>

type Keys = Texts['settings']['key']
type Named = keyof Keys
type Explained = { [K in Named]: Keys[K] extends { about: string } ? K : never }[Named]

const has = (key: string) => i18n.exists(`settings:${key}`)
const nameOf = (key: string) => key.replaceAll('.', '_')

/** What a setting is called, and what it is for; of one that the panel does not know the API's own words. */
export function keyText(t: T, key: string, help = ''): { label: string; about: string; lang?: 'en' } {
  const name = nameOf(key)
  if (!has(`key.${name}.label`)) return { label: key, about: help, lang: 'en' }
  return { label: t(`key.${name as Named}.label`), about: has(`key.${name}.about`) ? t(`key.${name as Explained}.about`) : '' }
}

/** What one of the values of a choice is called. */
export function choiceText(t: T, key: string, value: string, language: string): string {
  if (key === 'numbers.country') {
    return value === 'none' ? t('country.none') : (new Intl.DisplayNames(language, { type: 'region' }).of(value) ?? value)
  }
  const name = `choice.${nameOf(key)}.${value}`
  // The path is made of what the API says, and was looked for just before.
  return has(name) ? t(name as 'choice.report_source.proxy') : value
}

/** A value as it is shown in a line of text. */
export function valueText(t: T, setting: Setting, value: string, language: string): string {
  if (value === '') return t('empty')
  if (setting.kind === 'choice') return choiceText(t, setting.key, value, language)
  if (setting.kind === 'duration') return durationText(t, value)
  return value
}

/** A duration as Go writes it, in words. */
export function durationText(t: T, text: string): string {
  const ms = readDuration(text)
  if (ms === undefined) return text
  const { amount, unit } = split(ms)
  return `${amount} ${t(`unit.${unit}`)}`
}
