import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'

/** Takes the page's language out of a text that the API has in both. */
export function useWording() {
  const russian = useTranslation().i18n.language === 'ru'
  return (text: Schema<'Wording'>) => (russian ? text.ru : text.en)
}
