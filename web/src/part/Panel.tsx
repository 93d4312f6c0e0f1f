import { Box, Group, Paper, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

interface Props {
  title: ReactNode
  about?: ReactNode
  /** Buttons beside the title. */
  actions?: ReactNode
  children: ReactNode
}

/** A part of a page with a title of its own. */
export function Panel({ title, about, actions, children }: Props) {
  return (
    <Paper withBorder p="md" component="section">
      <Group justify="space-between" align="flex-start" mb="sm" gap="xs">
        <Box flex="1 1 14rem">
          <Title order={2}>{title}</Title>
          {about && (
            <Text size="sm" c="dimmed" mt={2} maw="70ch">
              {about}
            </Text>
          )}
        </Box>
        {actions}
      </Group>
      {children}
    </Paper>
  )
}
