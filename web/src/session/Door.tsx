import { Box, Center, Group, Paper, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { LanguageSwitch } from '~/shell/LanguageSwitch'
import { Logo } from '~/shell/Logo'
import { ThemeSwitch } from '~/shell/ThemeSwitch'

/** What surrounds the pages of who is not in yet. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Center mih="100dvh" p="md" component="main">
      <Box w="100%" maw={380}>
        <Group justify="space-between" mb="lg">
          <Logo />
          <Group gap={4}>
            <LanguageSwitch />
            <ThemeSwitch />
          </Group>
        </Group>
        <Paper withBorder p="lg" radius="md">
          <Title order={1} mb="md">
            {title}
          </Title>
          {children}
        </Paper>
      </Box>
    </Center>
  )
}
