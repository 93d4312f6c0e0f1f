import { Badge, Group, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useRightNames } from '~/part/rights'
import { useSession } from '~/session/session'

/** Who one is, and what one may. */
export function Profile() {
  const { t } = useTranslation('account')
  const { login, rights, projects } = useSession()
  const all = rights.includes('*/*')
  const name = useRightNames()
  return (
    <Stack gap="sm">
      <Line name={t('profile.login')}>{login}</Line>
      <Line name={t('profile.projects')}>{projects.length === 0 ? t('profile.allProjects') : <Words words={projects} />}</Line>
      <Line name={t('profile.rights')}>
        {all ? t('profile.allRights') : rights.length === 0 ? t('profile.noRights') : name && <Words words={rights.map(name)} />}
      </Line>
    </Stack>
  )
}

const Line = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <Text size="xs" c="dimmed">
      {name}
    </Text>
    <Text size="sm" component="div">
      {children}
    </Text>
  </div>
)

const Words = ({ words }: { words: readonly string[] }) => (
  <Group gap={4}>
    {words.map((word) => (
      <Badge key={word} variant="default" tt="none" fw={400}>
        {word}
      </Badge>
    ))}
  </Group>
)
