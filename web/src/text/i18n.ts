import i18n, { type BackendModule } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { firstLanguage, keepLanguage, type Language } from './language'

const files = import.meta.glob<{ default: Record<string, unknown> }>('./{en,ru}/*.json')

/** Texts are chunks of their own: a page loads those of its group, in one language. */
const backend: BackendModule = {
  type: 'backend',
  init() {},
  read(language, namespace, done) {
    const load = files[`./${language}/${namespace}.json`]
    if (!load) return done(new Error(`no texts ${language}/${namespace}`), null)
    load().then(
      (file) => done(null, file.default as never),
      (failure: unknown) => done(failure as Error, null),
    )
  },
}

/** Resolves when the texts that every page has are there. */
export async function startTexts(): Promise<void> {
  i18n.on('languageChanged', (language) => {
    document.documentElement.lang = language
  })
  await i18n
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: firstLanguage(),
      fallbackLng: false,
      ns: ['common', 'nav'],
      defaultNS: 'common',
      interpolation: { escapeValue: false }, // React does
      returnNull: false,
    })
}

export async function speak(language: Language): Promise<void> {
  keepLanguage(language)
  await i18n.changeLanguage(language)
}

export { i18n }
