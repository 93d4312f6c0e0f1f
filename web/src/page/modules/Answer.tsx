import { Code } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** What a client gets while something is off; what he gets letter for letter stands out. */
export function Answer({ text }: { text: string }) {
  const { t } = useTranslation('modules')
  const [, code, rest] = /^(\d{3}(?: \{.*?\})?)\.?(.*)$/.exec(text) ?? []
  return (
    <>
      {t('answer')} <Code>{code}</Code>
      {rest}
    </>
  )
}
