import { Button, Group, TextInput, type TextInputProps } from '@mantine/core'

interface Props extends Omit<TextInputProps, 'value' | 'onChange' | 'type' | 'min' | 'max'> {
  /** As a form has it: the browser's own time without a zone; empty for none. */
  value?: string
  onChange: (value: string) => void
  min?: Date
  max?: Date
  /** Moments that are chosen often. */
  quick?: readonly { label: string; at: Date }[]
}

/** A moment as the field has it, in the browser's zone, to the minute. */
export function fieldMoment(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}

/** A date and a time of day. The browser's own field: everybody knows it, also on a phone. */
export function MomentField({ value = '', onChange, min, max, quick = [], ...rest }: Props) {
  return (
    <div>
      <TextInput
        {...rest}
        type="datetime-local"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        min={min && fieldMoment(min)}
        max={max && fieldMoment(max)}
      />
      {quick.length > 0 && (
        <Group gap={6} mt={6}>
          {quick.map(({ label, at }) => (
            <Button key={label} size="compact-xs" variant="default" fw={400} onClick={() => onChange(fieldMoment(at))}>
              {label}
            </Button>
          ))}
        </Group>
      )}
    </div>
  )
}
