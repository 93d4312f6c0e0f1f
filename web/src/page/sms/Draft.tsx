import { Textarea, type TextareaProps, TextInput, type TextInputProps } from '@mantine/core'
import { useState } from 'react'

interface Of {
  /** What is meant, as text. */
  value: string
  onChange: (typed: string) => void
}

/** While one types the field has what was typed, and not what it is taken for. */
function useDraft({ value, onChange }: Of) {
  const [draft, setDraft] = useState<string>()
  return {
    value: draft ?? value,
    onFocus: () => setDraft(value),
    onBlur: () => setDraft(undefined),
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => {
      setDraft(currentTarget.value)
      onChange(currentTarget.value)
    },
  }
}

export const DraftInput = ({ value, onChange, ...rest }: Of & Omit<TextInputProps, keyof Of>) => (
  <TextInput {...rest} {...useDraft({ value, onChange })} />
)

export const DraftArea = ({ value, onChange, ...rest }: Of & Omit<TextareaProps, keyof Of>) => (
  <Textarea {...rest} {...useDraft({ value, onChange })} />
)
