import { Autocomplete, TextInput } from '@mantine/core'
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react'

interface Props {
  label: string
  value: string | undefined
  onChange: (value: string | undefined) => void
  /** What is offered while one types. */
  known?: readonly string[]
  placeholder?: string
  description?: ReactNode
  disabled?: boolean
  width?: number
}

/** A text that is looked for once it is typed: on Enter, or when the field is left. */
export function TextFilter({ label, value, onChange, known = [], placeholder, description, disabled, width = 170 }: Props) {
  const [draft, setDraft] = useState(value ?? '')
  useEffect(() => setDraft(value ?? ''), [value])
  const done = (typed: string) => {
    const wanted = typed.trim() || undefined
    if (wanted !== value) onChange(wanted)
  }
  const field = {
    label,
    value: draft,
    w: width,
    onBlur: () => done(draft),
    onKeyDown: (event: KeyboardEvent) => event.key === 'Enter' && done(draft),
    ...(placeholder !== undefined && { placeholder }),
    ...(description !== undefined && { description }),
    ...(disabled !== undefined && { disabled }),
  }
  if (known.length === 0) return <TextInput {...field} onChange={(event) => setDraft(event.currentTarget.value)} />
  return (
    <Autocomplete
      {...field}
      data={known.toSorted()}
      limit={20}
      onChange={setDraft}
      onOptionSubmit={done}
      clearable
      onClear={() => onChange(undefined)}
    />
  )
}
