import { Box, Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

interface Props {
  title: ReactNode
  /** One or two plain sentences: what the page is for. */
  about?: ReactNode
  /** Buttons, the main one last. */
  children?: ReactNode
}

/** The head of a page: its only h1. */
export function PageHead({ title, about, children }: Props) {
  return (
    <Group justify="space-between" align="flex-start" gap="sm" mb="md">
      <Box flex="1 1 20rem">
        <Title order={1}>{title}</Title>
        {about && (
          <Text c="dimmed" size="sm" mt={4} maw="70ch">
            {about}
          </Text>
        )}
      </Box>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  )
}
