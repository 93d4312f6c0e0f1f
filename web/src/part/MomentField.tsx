import { Button, Group } from '@mantine/core'
import type { ComponentProps } from 'react'
import { DateField } from './DateField'

interface Props extends Omit<ComponentProps<typeof DateField>, 'withTime'> {
  /** Moments that are chosen often. */
  quick?: readonly { label: string; at: Date }[]
}

/** A moment as the field has it, in the browser's zone, to the minute. */
export function fieldMoment(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}

/** A date and a time of day in the browser's zone. */
export const MomentField = ({ quick = [], ...rest }: Props) => (
  <div>
    <DateField withTime {...rest} />
    {quick.length > 0 && (
      <Group gap={6} mt={6}>
        {quick.map(({ label, at }) => (
          <Button key={label} size="compact-xs" variant="default" fw={400} onClick={() => rest.onChange(fieldMoment(at))}>
            {label}
          </Button>
        ))}
      </Group>
    )}
  </div>
)
