import { Group, Text } from '@mantine/core'

const name = 'callgate'

export function Logo() {
  return (
    <Group gap={8} wrap="nowrap">
      <img src="/panel/icon.svg" width={24} height={24} alt="" />
      <Text fw={600} component="span">
        {name}
      </Text>
    </Group>
  )
}
