import { Text } from '@mantine/core'

/** A name of the switch's, such as support@default: the part before the @ is what people say. */
export function Name({ of, plain = false }: { of: string; plain?: boolean }) {
  const at = of.lastIndexOf('@')
  return (
    <span title={of}>
      {at > 0 ? of.slice(0, at) : of}
      {at > 0 && !plain && (
        <Text component="span" inherit c="dimmed" fw={400}>
          {of.slice(at)}
        </Text>
      )}
    </span>
  )
}
