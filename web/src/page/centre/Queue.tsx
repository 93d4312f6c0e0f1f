import { Button, Group, Text } from '@mantine/core'
import { IconPlayerStop, IconPlus, IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { useStreamState } from '~/api/stream'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { DataTable } from '~/part/DataTable'
import { Since } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { Figure, Figures } from '~/part/Figures'
import { Loaded } from '~/part/Loaded'
import { Loading } from '~/part/Loading'
import { Name } from '~/part/Name'
import { PageHead } from '~/part/PageHead'
import { Panel } from '~/part/Panel'
import { useTiers } from '~/part/tiers'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import { useAct } from './act'
import { useLive } from './data'
import { Fact, Facts, Section } from './Facts'
import { executed, flags, isStrategy, seconds } from './queue'
import { TierForm } from './TierForm'
import { TierTable } from './TierTable'
import { Waited } from './Waited'

const route = getRouteApi('/shell/queues/$switch/$name')

/** One queue that runs. */
export default function Queue() {
  const { t } = useTranslation('centre')
  const of = route.useParams()
  const rows = useLive('queues')
  useLive('agents') // whom the table of agents looks at as well: the stream begins with both
  const state = useStreamState()
  const queue = rows.find((row) => row.switch === of.switch && row.name === of.name)
  if (queue) return <Running queue={queue} />
  return (
    <>
      <BackLink to="/queues">{t('queues.title')}</BackLink>
      <PageHead title={<Name of={of.name} />} />
      {rows.length === 0 && (state === 'connecting' || state === 'idle') ? (
        <Loading />
      ) : (
        <Empty title={t('queue.gone')} text={t('queue.goneText')}>
          <Button variant="default" renderRoot={(props) => <Link to="/queues" {...props} />}>
            {t('queue.all')}
          </Button>
        </Empty>
      )}
    </>
  )
}

function Running({ queue }: { queue: Schema<'Queue'> }) {
  const { t } = useTranslation('centre')
  const format = useFormat()
  const session = useSession()
  const tiers = useTiers()
  const [adding, setAdding] = useState(false)
  const { offered, answered, abandoned, answered_wait: waited, unseen } = queue.today
  const seen = answered - unseen
  return (
    <>
      <BackLink to="/queues">{t('queues.title')}</BackLink>
      <PageHead
        title={<Name of={queue.name} />}
        about={t('queue.about', {
          switch: queue.switch,
          strategy: isStrategy(queue.strategy) ? t(`strategy.${queue.strategy}`).toLowerCase() : queue.strategy,
        })}
      >
        {session.may('queues', 'change') && <Deeds queue={queue} />}
      </PageHead>
      <Figures mb="lg">
        <Figure label={t('queue.waiting')}>{format.number(queue.waiting)}</Figure>
        <Figure label={t('queue.longest')}>
          <Waited queue={queue} />
        </Figure>
        <Figure label={t('queue.talking')}>{format.number(queue.talking)}</Figure>
        <Figure label={t('queue.offered')}>{format.number(offered)}</Figure>
        <Figure label={t('queue.answered')}>{format.number(answered)}</Figure>
        <Figure label={t('queue.abandoned')}>{format.number(abandoned)}</Figure>
        <Figure label={t('queue.averageWait')}>{seen > 0 ? t('seconds', { count: Math.round(waited / seen) }) : t('none')}</Figure>
      </Figures>
      <Callers queue={queue} />
      {session.may('tiers', 'see') && (
        <Section
          title={t('queue.agents')}
          about={t('tier.about')}
          actions={
            session.may('tiers', 'change') && (
              <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
                {t('tier.addAgent')}
              </Button>
            )
          }
        >
          <Loaded query={tiers}>
            {(all) => (
              <TierTable
                tiers={all.filter((tier) => tier.switch === queue.switch && tier.queue === queue.name)}
                show="agent"
                empty={<Empty title={t('tier.noAgents')} text={t('tier.noAgentsText')} />}
              />
            )}
          </Loaded>
        </Section>
      )}
      <Panel title={t('queue.params')}>
        <Params queue={queue} />
      </Panel>
      <TierForm opened={adding} onClose={() => setAdding(false)} queue={queue} />
    </>
  )
}

function Deeds({ queue }: { queue: Schema<'Queue'> }) {
  const { t } = useTranslation('centre')
  const session = useSession()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const { act, busy } = useAct()
  const query = { switch: queue.switch, name: queue.name }
  const reload = async () => {
    const sure = await confirm({
      title: t('reload.title', { name: queue.name }),
      text: t('load.warning'),
      action: t('reload.action'),
      danger: true,
    })
    if (!sure) return
    await act(
      'reload',
      () => data(client.POST('/queues/reload', { params: { query: { ...query, confirm: true } } })),
      t('reload.done', { name: queue.name }),
    )
  }
  const unload = async () => {
    const sure = await confirm({
      title: t('unload.title', { name: queue.name }),
      text: t('unload.text'),
      action: t('unload.action'),
      danger: true,
    })
    if (!sure) return
    const done = await act(
      'unload',
      () => data(client.POST('/queues/unload', { params: { query } })),
      t('unload.done', { name: queue.name }),
    )
    if (done) void navigate({ to: '/queues' })
  }
  return (
    <Group gap="xs">
      <Button
        variant="default"
        leftSection={<IconPlayerStop size={16} />}
        loading={busy === 'unload'}
        disabled={busy !== undefined}
        onClick={() => void unload()}
      >
        {t('unload.action')}
      </Button>
      {session.projects.length === 0 && (
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} />}
          loading={busy === 'reload'}
          disabled={busy !== undefined}
          onClick={() => void reload()}
        >
          {t('reload.action')}
        </Button>
      )}
    </Group>
  )
}

/** Who waits. The stream tells how many they are; when that changes they are asked for. */
function Callers({ queue }: { queue: Schema<'Queue'> }) {
  const { t } = useTranslation('centre')
  const query = useQuery({
    queryKey: ['centre', 'callers', queue.switch, queue.name],
    queryFn: () => data(client.GET('/queues/callers', { params: { query: { switch: queue.switch, queue: queue.name } } })),
    staleTime: 0,
  })
  const { refetch } = query
  // biome-ignore lint/correctness/useExhaustiveDependencies: others wait now
  useEffect(() => void refetch(), [queue.waiting, queue.today.offered, refetch])
  return (
    <Section title={t('caller.title')}>
      <Loaded query={query}>
        {(callers) => (
          <DataTable
            label={t('caller.title')}
            rows={callers}
            id={(row) => row.uuid}
            sort={{ by: 'waits', desc: true }}
            columns={[
              {
                key: 'number',
                head: t('caller.number'),
                phone: 'title',
                cell: (row) => <span className="tabular">{phone(row.number)}</span>,
              },
              { key: 'waits', head: t('caller.waits'), align: 'end', sort: (row) => -row.joined, cell: (row) => <Since at={row.joined} /> },
            ]}
            empty={
              <Text size="sm" c="dimmed" p="sm">
                {t('caller.none')}
              </Text>
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

function Params({ queue }: { queue: Schema<'Queue'> }) {
  const { t } = useTranslation('centre')
  const values = queue as unknown as Readonly<Record<string, string | undefined>>
  const time = (text: string) => (text === '0' ? t('param.zero') : t('seconds', { count: Number(text) }))
  return (
    <Facts>
      <Fact label={t('param.strategy.label')}>{isStrategy(queue.strategy) ? t(`strategy.${queue.strategy}`) : queue.strategy}</Fact>
      <Fact label={t('param.time_base_score.label')}>
        {queue.time_base_score === 'system' ? t('timeBase.system') : t('timeBase.queue')}
      </Fact>
      {seconds
        .filter((key) => values[key] !== undefined)
        .map((key) => (
          <Fact key={key} label={t(`param.${key}.label`)}>
            {time(values[key] ?? '')}
          </Fact>
        ))}
      {flags
        .filter((key) => values[key] !== undefined)
        .map((key) => (
          <Fact key={key} label={t(`param.${key}.label`)}>
            {values[key] === 'true' ? t('yes') : t('no')}
          </Fact>
        ))}
      {executed
        .filter((key) => values[key] !== undefined)
        .map((key) => (
          <Fact key={key} label={t(`param.${key}.label`)}>
            {values[key] === '(null)' || values[key] === '' ? t('none') : values[key]}
          </Fact>
        ))}
    </Facts>
  )
}
