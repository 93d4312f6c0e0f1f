import { Textarea, type TextareaProps } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

interface Props extends Omit<TextareaProps, 'value' | 'onChange' | 'onBlur' | 'error'> {
  value: unknown
  onChange: (value: unknown) => void
  /** What is wrong with what is typed, empty for nothing: it stays in the field then, and is not what value says. */
  onFault: (fault: string) => void
  /** Only an object will do. */
  object?: boolean
}

/** A value as JSON. */
export function JsonArea({ value, onChange, onFault, object = false, ...rest }: Props) {
  const { t } = useTranslation('sms')
  const [draft, setDraft] = useState<string>()
  const [fault, setFault] = useState('')
  const type = (typed: string) => {
    setDraft(typed)
    let now = ''
    try {
      const read: unknown = JSON.parse(typed)
      if (object && (read === null || typeof read !== 'object' || Array.isArray(read))) now = t('wrong.json')
      else onChange(read)
    } catch (failure) {
      now = `${t('wrong.json')} ${failure instanceof Error ? failure.message : String(failure)}`
    }
    setFault(now)
    onFault(now)
  }
  return (
    <Textarea
      {...rest}
      autosize
      spellCheck={false}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 'var(--mantine-font-size-xs)' } }}
      value={draft ?? JSON.stringify(value, null, 2)}
      error={fault}
      onChange={({ currentTarget }) => type(currentTarget.value)}
      onBlur={() => fault === '' && setDraft(undefined)}
    />
  )
}
