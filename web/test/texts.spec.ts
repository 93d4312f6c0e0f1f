import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { type Language, languages } from './harness'

const folder = (language: Language) => new URL(`../src/text/${language}/`, import.meta.url)

/** The keys of a file with their placeholders; the forms of a plural are one key. */
function keys(of: unknown, path = ''): string[] {
  if (typeof of === 'string') return [`${path.replace(/_(zero|one|two|few|many|other)$/, '_')} ${placeholders(of)}`]
  return Object.entries(of as Record<string, unknown>).flatMap(([key, value]) => keys(value, path ? `${path}.${key}` : key))
}

const placeholders = (text: string) => [...new Set(text.match(/{{\w+}}|<\w+>/g))].sort().join(' ')

const read = (language: Language, file: string): unknown => JSON.parse(readFileSync(new URL(file, folder(language)), 'utf8'))

test('every language has the same texts @main', () => {
  const files = readdirSync(folder('ru')).sort()
  expect(readdirSync(folder('en')).sort()).toEqual(files)
  for (const file of files) {
    const [ru, en] = languages.map((language) => [...new Set(keys(read(language, file)))].sort())
    expect(ru, file).toEqual(en)
  }
})

/** The plural forms that a language wants. */
const forms: Record<Language, readonly string[]> = { ru: ['few', 'many', 'one', 'other'], en: ['one', 'other'] }

for (const language of languages) {
  test(`plurals have all forms that ${language} wants, and no text is empty @main`, () => {
    const [empty, wrong]: [string[], string[]] = [[], []] // thousands of expectations take seconds
    for (const file of readdirSync(folder(language))) {
      const plurals = new Map<string, string[]>()
      const walk = (of: unknown, path: string) => {
        if (typeof of === 'string') {
          if (of.trim() === '') empty.push(`${file} ${path}`)
          const [, stem, form] = /^(.*)_(one|few|many|other)$/.exec(path) ?? []
          if (stem && form) plurals.set(stem, [...(plurals.get(stem) ?? []), form].sort())
          return
        }
        for (const [key, value] of Object.entries(of as Record<string, unknown>)) walk(value, path ? `${path}.${key}` : key)
      }
      walk(read(language, file), '')
      for (const [stem, has] of plurals) if (`${has}` !== `${forms[language]}`) wrong.push(`${file} ${stem}: ${has}`)
    }
    expect(empty).toEqual([])
    expect(wrong).toEqual([])
  })
}
