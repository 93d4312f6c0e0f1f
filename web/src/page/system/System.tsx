import { Anchor, Group, Paper, Progress, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { useNow } from '~/part/now'
import { PageHead } from '~/part/PageHead'
import { Panel } from '~/part/Panel'
import { StatusBadge } from '~/part/StatusBadge'
import { useSession } from '~/session/session'
import { duration, moment, useFormat } from '~/text/format'
import style from './System.module.css'
import { troublesOf } from './troubles'

type Status = Schema<'Status'>

/** How callgate and what it needs are just now: what is wrong first. */
export default function System() {
  const { t } = useTranslation('system')
  const format = useFormat()
  // The stream does not tell of it.
  const status = useQuery({ queryKey: ['system', 'status'], queryFn: () => data(client.GET('/status')), refetchInterval: 10_000 })
  return (
    <>
      <PageHead title={t('title')} about={t('about')}>
        {status.dataUpdatedAt > 0 && (
          <Text size="sm" c="dimmed" className="tabular">
            {t('checked', { time: format.time(new Date(status.dataUpdatedAt)) })}
          </Text>
        )}
      </PageHead>
      <Loaded query={status}>
        {(now) => (
          <Stack gap="md">
            <Summary status={now} />
            <Switches status={now} />
            <Backlog status={now} />
            <SimpleGrid cols={{ base: 1, md: 3 }} spacing={12}>
              <Disks disks={now.disks} />
              <Database database={now.database} />
              <Process status={now} />
            </SimpleGrid>
          </Stack>
        )}
      </Loaded>
    </>
  )
}

function Summary({ status }: { status: Status }) {
  const { t } = useTranslation('system')
  const troubles = troublesOf(status)
  const well = troubles.length === 0
  const say = (trouble: (typeof troubles)[number]) => {
    switch (trouble.kind) {
      case 'disk':
        return t('trouble.disk', { what: t(`disk.${trouble.what}`) })
      case 'gaps':
      case 'spool':
        return t(`trouble.${trouble.kind}`, { count: trouble.count })
      case 'switch':
      case 'stale':
        return t(`trouble.${trouble.kind}`, { name: trouble.name })
      default:
        return t(`trouble.${trouble.kind}`)
    }
  }
  return (
    <Paper withBorder p="md" role="status">
      <Group gap="sm" align="flex-start" wrap="nowrap">
        <ThemeIcon size={32} radius="xl" variant="light" color={well ? 'green' : 'red'}>
          {well ? <IconCheck size={20} aria-hidden /> : <IconAlertTriangle size={20} aria-hidden />}
        </ThemeIcon>
        <div>
          <Title order={2} mt={3}>
            {well ? t('well') : t('troubles', { count: troubles.length })}
          </Title>
          {!well && (
            <ul className={style.troubles}>
              {troubles.map((trouble) => (
                <li key={say(trouble)}>
                  <Text size="sm" span>
                    {say(trouble)}
                  </Text>
                  {'why' in trouble && trouble.why && (
                    <Text size="xs" c="dimmed" lang="en">
                      {trouble.why}
                    </Text>
                  )}
                </li>
              ))}
            </ul>
          )}
        </div>
      </Group>
    </Paper>
  )
}

function Switches({ status }: { status: Status }) {
  const { t } = useTranslation('system')
  const format = useFormat()
  const may = useSession().may('settings', 'edit')
  const columns: Column<Schema<'SwitchStatus'>>[] = [
    { key: 'name', head: t('switches.name'), cell: (row) => row.name, phone: 'title' },
    {
      key: 'state',
      head: t('switches.state'),
      cell: (row) => <StatusBadge tone={row.up ? 'good' : 'bad'}>{row.up ? t('switches.up') : t('switches.down')}</StatusBadge>,
    },
    { key: 'since', head: t('switches.since'), cell: (row) => row.since && <When at={row.since} /> },
    {
      key: 'age',
      head: t('switches.age'),
      align: 'end',
      cell: (row) => (row.age === undefined ? t('switches.never') : t('switches.ago', { seconds: format.number(Math.round(row.age)) })),
    },
    { key: 'version', head: t('switches.version'), cell: (row) => row.version?.replace(/^FreeSWITCH Version /, '') },
  ]
  return (
    <section>
      <Group justify="space-between" align="flex-end" mb={6} gap="xs">
        <div>
          <Title order={2}>{t('switches.title')}</Title>
          <Text size="sm" c="dimmed">
            {t('switches.about')}
          </Text>
        </div>
        {may && (
          <Anchor size="sm" renderRoot={(props) => <Link to="/settings/$group" params={{ group: 'switches' }} {...props} />}>
            {t('switches.test')}
          </Anchor>
        )}
      </Group>
      <DataTable
        label={t('switches.title')}
        columns={columns}
        rows={status.switches}
        id={(row) => row.name}
        empty={<Empty title={t('switches.none')} text={t('switches.noneText')} />}
      />
    </section>
  )
}

function Backlog({ status }: { status: Status }) {
  const { t } = useTranslation('system')
  const session = useSession()
  return (
    <section>
      <Title order={2} mb={6}>
        {t('backlog.title')}
      </Title>
      <div className={style.tiles}>
        <Tile title={t('backlog.gaps')} about={t('backlog.gapsAbout')} count={status.cdr_gaps} bad={status.cdr_gaps > 0}>
          {session.may('cdr', 'gaps') && (
            <Anchor
              size="sm"
              aria-label={`${t('backlog.open')}: ${t('backlog.gaps')}`}
              renderRoot={(props) => <Link to="/system/gaps" {...props} />}
            >
              {t('backlog.open')}
            </Anchor>
          )}
        </Tile>
        {status.spool_files !== undefined && (
          <Tile title={t('backlog.spool')} about={t('backlog.spoolAbout')} count={status.spool_files} bad={status.spool_files > 100} />
        )}
        <Tile title={t('backlog.messages')} about={t('backlog.messagesAbout')} count={status.messages_waiting}>
          {session.may('sms', 'list') && (
            <Anchor
              size="sm"
              aria-label={`${t('backlog.open')}: ${t('backlog.messages')}`}
              renderRoot={(props) => <Link to="/sms" {...props} />}
            >
              {t('backlog.open')}
            </Anchor>
          )}
        </Tile>
        {session.may('recordings', 'see') && <Recorded />}
      </div>
    </section>
  )
}

const most = 1000

function Recorded() {
  const { t } = useTranslation('system')
  const recordings = useQuery({
    queryKey: ['system', 'recorded'],
    queryFn: () => data(client.GET('/recordings', { params: { query: { limit: most } } })),
    refetchInterval: 30_000,
    select: ({ recordings: all }) => ({
      count: all?.length ?? 0,
      bad: (all ?? []).some(({ state }) => state === 'lost'),
    }),
  })
  return (
    <Tile
      title={t('backlog.recordings')}
      about={t('backlog.recordingsAbout')}
      count={recordings.data?.count}
      more={recordings.data?.count === most}
      bad={recordings.data?.bad ?? false}
    >
      <Anchor
        size="sm"
        aria-label={`${t('backlog.open')}: ${t('backlog.recordings')}`}
        renderRoot={(props) => <Link to="/system/recordings" {...props} />}
      >
        {t('backlog.open')}
      </Anchor>
    </Tile>
  )
}

interface TileProps {
  title: string
  about: string
  count: number | undefined
  bad?: boolean
  /** There are more than that. */
  more?: boolean
  children?: ReactNode
}

function Tile({ title, about, count, bad = false, more = false, children }: TileProps) {
  const { t } = useTranslation('system')
  const format = useFormat()
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" align="baseline" wrap="nowrap" gap="xs">
        <Text size="sm" fw={500}>
          {title}
        </Text>
        {children}
      </Group>
      <Text className={style.count} data-bad={bad || undefined}>
        {count === undefined ? t('backlog.unknown') : `${format.number(count)}${more ? '+' : ''}`}
      </Text>
      <Text size="xs" c="dimmed">
        {about}
      </Text>
    </Paper>
  )
}

function Disks({ disks }: { disks: Status['disks'] }) {
  const { t } = useTranslation('system')
  const format = useFormat()
  return (
    <Panel title={t('disk.title')}>
      <Stack gap="sm">
        {disks.map(({ what, free, size }) => {
          const used = size > 0 ? (size - free) / size : 0
          return (
            <div key={what}>
              <Text size="sm">{t(`disk.${what}`)}</Text>
              <Progress
                value={used * 100}
                color={used > 0.95 ? 'red' : used > 0.85 ? 'yellow' : 'brand'}
                size="sm"
                mt={4}
                aria-label={`${t(`disk.${what}`)}: ${t('disk.used', { part: format.percent(used) })}`}
              />
              <Text size="xs" c="dimmed" mt={4} className="tabular">
                {t('disk.free', { free: format.bytes(free), size: format.bytes(size) })}
              </Text>
            </div>
          )
        })}
      </Stack>
    </Panel>
  )
}

function Database({ database }: { database: Status['database'] }) {
  const { t } = useTranslation('system')
  const format = useFormat()
  return (
    <Panel title={t('database.title')}>
      <Facts
        facts={[
          [
            t('database.state'),
            <StatusBadge key="state" tone={database.ok ? 'good' : 'bad'}>
              {database.ok ? t('database.ok') : t('database.down')}
            </StatusBadge>,
          ],
          [t('database.kind'), t(`database.${database.kind}`)],
          [t('database.schema'), database.schema === undefined ? undefined : format.number(database.schema)],
        ]}
      />
    </Panel>
  )
}

function Process({ status }: { status: Status }) {
  const { t } = useTranslation('system')
  const duty = (name: string) =>
    name.startsWith('switch:') ? t('callgate.dutySwitch', { name: name.slice('switch:'.length) }) : t('callgate.duty')
  return (
    <Panel title={t('callgate.title')}>
      <Facts
        facts={[
          [t('callgate.version'), status.version],
          [t('callgate.started'), <When key="started" at={status.started} />],
          [t('callgate.uptime'), <Uptime key="uptime" since={status.started} />],
          [
            t('callgate.duties'),
            status.duties.length === 0 ? t('callgate.idle') : status.duties.map((name) => <div key={name}>{duty(name)}</div>),
          ],
        ]}
      />
    </Panel>
  )
}

function Uptime({ since }: { since: string }) {
  const { t } = useTranslation('system')
  const seconds = Math.max(0, useNow() - moment(since).getTime() / 1000)
  const days = Math.floor(seconds / 86_400)
  const time = duration(seconds % 86_400)
  return <span className="tabular">{days === 0 ? time : t('callgate.days', { count: days, time })}</span>
}

function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={style.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
