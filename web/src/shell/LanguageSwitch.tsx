import { ActionIcon } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { speak } from '~/text/i18n'

/** Speaks the other language; it is kept in this browser. */
export function LanguageSwitch() {
  const { t, i18n } = useTranslation()
  const other = i18n.language === 'ru' ? 'en' : 'ru'
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      w="auto"
      px={8}
      lang={other}
      aria-label={t('language.other')}
      title={t('language.other')}
      onClick={() => void speak(other)}
    >
      {other.toUpperCase()}
    </ActionIcon>
  )
}
