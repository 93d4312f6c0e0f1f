import { Group, Stack, Text, Title } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import style from './Notice.module.css'

interface Props {
  icon: Icon
  title: ReactNode
  /** What one can do about it. */
  text?: ReactNode
  /** Buttons. */
  children?: ReactNode
  alert?: boolean
}

/** Says in the place of something why it is not there. */
export function Notice({ icon: Sign, title, text, children, alert = false }: Props) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center" role={alert ? 'alert' : undefined}>
      <Sign size={36} stroke={1.25} className={style.icon} aria-hidden />
      <Title order={2} size="h3">
        {title}
      </Title>
      {text && (
        <Text c="dimmed" size="sm" maw="60ch" component="div">
          {text}
        </Text>
      )}
      {children && (
        <Group gap="xs" mt="xs" justify="center">
          {children}
        </Group>
      )}
    </Stack>
  )
}
