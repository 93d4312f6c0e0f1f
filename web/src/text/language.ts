export const languages = ['ru', 'en'] as const
export type Language = (typeof languages)[number]

const key = 'callgate.language'

/** What was chosen in this browser, else the first language of the browser that there is, else Russian. */
export function firstLanguage(): Language {
  const wanted = [localStorage.getItem(key), ...navigator.languages.map((tag) => tag.slice(0, 2))]
  return languages.find((language) => language === wanted.find((tag) => languages.some((known) => known === tag))) ?? 'ru'
}

export function keepLanguage(language: Language) {
  localStorage.setItem(key, language)
}
