import { Autocomplete, Button, Group, SegmentedControl, Stack, Text, ThemeIcon, Timeline } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconArrowRampRight, IconClock, IconFlag, IconPhoneIncoming, IconVolume } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { isProblem } from '~/api/problem'
import { DateField } from '~/part/DateField'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'
import { useProjects } from '~/part/projects'
import { useSession } from '~/session/session'

import { stepText } from './step'
import style from './Trial.module.css'

/** Tells where a call to a number would go at a time, without ringing anybody. */
export function Trial({ numbers, first = '' }: { numbers: readonly string[]; first?: string | undefined }) {
  const { t } = useTranslation(['projects', 'common'])
  const session = useSession()
  const form = useForm({
    initialValues: { number: first, when: 'now', at: '' },
    validate: { at: (at, { when }) => (when === 'then' && at === '' ? t('common:days.wrongTime') : null) },
  })
  const trial = useMutation({
    mutationFn: ({ number, when, at }: typeof form.values) =>
      data(client.GET('/route-trial', { params: { query: { number, ...(when === 'then' && at && { at: `${at}:00` }) } } })),
  })
  if (!session.seesNumbers) {
    return (
      <Panel title={t('trial.title')}>
        <Text size="sm" c="dimmed">
          {t('trial.blind')}
        </Text>
      </Panel>
    )
  }
  const { when } = form.values
  return (
    <Panel title={t('trial.title')} about={t('trial.about')}>
      <form onSubmit={form.onSubmit((values) => trial.mutate(values))}>
        <Group gap="sm" align="flex-end">
          <Autocomplete
            label={t('trial.number')}
            data={[...new Set(numbers)]}
            inputMode="tel"
            autoComplete="off"
            required
            withAsterisk={false}
            maxLength={64}
            w={240}
            {...form.getInputProps('number')}
          />
          <SegmentedControl
            aria-label={t('trial.at')}
            data={[
              { value: 'now', label: t('trial.now') },
              { value: 'then', label: t('trial.then') },
            ]}
            {...form.getInputProps('when')}
          />
          {when === 'then' && (
            <DateField
              withTime
              label={`${t('trial.when')}, ${t('trial.whenAbout').toLowerCase()}`}
              required
              withAsterisk={false}
              {...form.getInputProps('at')}
            />
          )}
          <Button type="submit" variant="default" loading={trial.isPending}>
            {t('trial.try')}
          </Button>
        </Group>
      </form>
      <div role="status" aria-live="polite" className={style.answer}>
        {trial.data && <Answer trial={trial.data} />}
        {isProblem(trial.error, 404) && <Text size="sm">{t('trial.nobody')}</Text>}
      </div>
      {trial.isError && !isProblem(trial.error, 404) && <ProblemNote failure={trial.error} />}
    </Panel>
  )
}

function Answer({ trial }: { trial: Schema<'RouteTrial'> }) {
  const { t, i18n } = useTranslation('projects')
  const project = useProjects().find(({ id }) => id === trial.project)
  // By the clock that counts: what stands before its offset.
  const at = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' }).format(
    new Date(`${trial.at.slice(0, 19)}Z`),
  )
  const inQueue = trial.step.startsWith('queue:')
  const otherwise: [string, string][] = [
    ...(inQueue
      ? ([
          [t('trial.timeout'), trial.timeout],
          [t('trial.noAgents'), trial.no_agents],
        ] as [string, string][])
      : []),
    ...(inQueue || trial.step.startsWith('bridge:') ? ([[t('trial.failed'), trial.failed]] as [string, string][]) : []),
    ...(inQueue ? Object.entries(trial.keys).map(([key, step]): [string, string] => [t('trial.key', { key }), step]) : []),
  ]
  const step = (text: string) => stepText(t, text, t('step.none.other'))
  return (
    <Timeline bulletSize={28} lineWidth={2} active={9}>
      <Timeline.Item
        bullet={<IconPhoneIncoming size={16} />}
        title={trial.project ? t('trial.owner', { name: project?.name ?? trial.project }) : t('trial.ownerNone')}
      >
        <Line>{trial.normal !== trial.number && t('trial.read', { number: trial.normal })}</Line>
      </Timeline.Item>
      <Timeline.Item
        bullet={<IconArrowRampRight size={16} />}
        title={
          trial.route
            ? trial.project
              ? t('trial.route', { name: trial.route })
              : t('trial.routeDefault', { name: trial.route })
            : t('trial.routeNone')
        }
      >
        <Line>{!trial.route && (trial.project ? t('trial.routeNoneProject') : t('trial.routeNoneNobody'))}</Line>
      </Timeline.Item>
      <Timeline.Item bullet={<IconClock size={16} />} title={trial.open ? t('trial.open') : t('trial.closed')}>
        <Line>{trial.zone ? t('trial.clock', { at, zone: trial.zone }) : t('trial.clockServer', { at })}</Line>
      </Timeline.Item>
      {trial.announce !== '' && <Timeline.Item bullet={<IconVolume size={16} />} title={t('trial.announce', { file: trial.announce })} />}
      <Timeline.Item
        bullet={
          <ThemeIcon size={28} radius="xl">
            <IconFlag size={16} />
          </ThemeIcon>
        }
        title={
          <Text inherit fw={600} span>
            {step(trial.step)}
          </Text>
        }
      >
        <Line>{trial.record && t('trial.recorded')}</Line>
        {otherwise.length > 0 && (
          <Stack gap={2} mt={4} component="dl" className={style.otherwise}>
            {otherwise.map(([name, what]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{step(what)}</dd>
              </div>
            ))}
          </Stack>
        )}
      </Timeline.Item>
    </Timeline>
  )
}

const Line = ({ children }: { children: ReactNode }) =>
  children ? (
    <Text size="sm" c="dimmed" className="tabular">
      {children}
    </Text>
  ) : null
