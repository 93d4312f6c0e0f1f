import { Button, Group, Stack, Text } from '@mantine/core'
import { IconClock, IconLock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { type ProjectName, projectLabel } from '~/part/projects'
import { StatusBadge } from '~/part/StatusBadge'
import style from './ModuleCard.module.css'
import type { Order } from './query'
import { type Barrier, type Switch, switchOf, type Target } from './state'
import { useMinute } from './time'

interface Props {
  switches: readonly Switch[]
  project: string
  projects: readonly ProjectName[]
  barrier: Barrier | undefined
  may: boolean
  target: Target
  title: string
  onOrder: (order: Order) => void
}

/** Who switched something off and when, and what is to come. What is on as ever has nothing to say. */
export function SwitchState({ switches, project, projects, barrier, may, target, title, onOrder }: Props) {
  const { t } = useTranslation('modules')
  const minute = useMinute()
  const own = switchOf(switches, project)
  // Where all projects are looked at it is to be seen that some of them go another way.
  const others = project === '' ? switches.filter((one) => one.project !== '' && (one.next || !one.on)) : []
  if ((!own || (own.on && !own.next)) && !barrier && others.length === 0) return null
  return (
    <Stack gap={4} mt={6}>
      {own && !own.on && (
        <Group gap={8}>
          <StatusBadge tone="bad">{t('state.off')}</StatusBadge>
          <Text size="xs" c="dimmed" component="span">
            {t('state.since', { time: minute(own.since), by: own.by })}
          </Text>
        </Group>
      )}
      {barrier && <Locked>{t(`barrier.${barrier}`)}</Locked>}
      {own?.next && (
        <Group gap={6} wrap="nowrap" align="flex-start">
          <IconClock size={14} aria-hidden className={style.sign} />
          <Text size="xs" component="span">
            {t(own.next.on ? 'state.willBeOn' : 'state.willBeOff', { time: minute(own.next.from), by: own.next.by })}
          </Text>
          {may && (
            <Button
              variant="subtle"
              size="compact-xs"
              aria-label={t('state.forgetOf', { title })}
              onClick={() => onOrder({ target, told: t('told.kept', { title }) })}
            >
              {t('state.forget')}
            </Button>
          )}
        </Group>
      )}
      {others.map((one) => (
        <Text key={one.project} size="xs" c="dimmed">
          {[
            one.on
              ? t('state.projectOn', { project: projectLabel(projects, one.project) })
              : t('state.projectOff', { project: projectLabel(projects, one.project) }),
            one.next && t(one.next.on ? 'state.willBeOn' : 'state.willBeOff', { time: minute(one.next.from), by: one.next.by }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </Text>
      ))}
    </Stack>
  )
}

/** Why a switch cannot be moved. */
export const Locked = ({ children }: { children: string }) => (
  <Group gap={6} wrap="nowrap" align="flex-start" c="dimmed" mt={4}>
    <IconLock size={14} aria-hidden className={style.sign} />
    <Text size="xs" component="span">
      {children}
    </Text>
  </Group>
)
