import { Button, Group, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconAlertTriangle, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Schema, type Tagged, tagged } from '~/api/client'
import { queries } from '~/api/query'
import { useStreamState } from '~/api/stream'
import { ActivityBadge } from '~/part/ActivityBadge'
import { doing } from '~/part/activity'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { Duration, Since } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { Figure, Figures } from '~/part/Figures'
import { Loaded } from '~/part/Loaded'
import { Loading } from '~/part/Loading'
import { Name } from '~/part/Name'
import { Notice } from '~/part/Notice'
import { useNow } from '~/part/now'
import { PageHead } from '~/part/PageHead'
import { Panel } from '~/part/Panel'
import { RemoveButton } from '~/part/RemoveButton'
import { SaveBar } from '~/part/SaveBar'
import { StatusBadge } from '~/part/StatusBadge'
import { useSave } from '~/part/save'
import { refreshTiers, useTiers } from '~/part/tiers'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { AgentFields } from './AgentFields'
import { AgentStates } from './AgentStates'
import { useAct } from './act'
import { type AgentValues, delays, merge, valuesOf } from './agent'
import { useLive } from './data'
import { Section } from './Facts'
import { StatusMenu } from './StatusMenu'
import { TierForm } from './TierForm'
import { TierTable } from './TierTable'

const route = getRouteApi('/shell/agents/$switch/$name')

/** One agent. */
export default function Agent() {
  const { t } = useTranslation('centre')
  const of = route.useParams()
  const rows = useLive('agents')
  const state = useStreamState()
  const agent = rows.find((row) => row.switch === of.switch && row.name === of.name)
  if (agent) return <Known key={`${of.switch}|${of.name}`} agent={agent} />
  return (
    <>
      <BackLink to="/agents">{t('agents.title')}</BackLink>
      <PageHead title={<Name of={of.name} />} />
      {rows.length === 0 && (state === 'connecting' || state === 'idle') ? (
        <Loading />
      ) : (
        <Empty title={t('agent.gone')} text={t('agent.goneText')}>
          <Button variant="default" renderRoot={(props) => <Link to="/agents" {...props} />}>
            {t('agent.all')}
          </Button>
        </Empty>
      )}
    </>
  )
}

function Known({ agent }: { agent: Schema<'Agent'> }) {
  const { t } = useTranslation('centre')
  const format = useFormat()
  const session = useSession()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const { act, busy } = useAct()
  const tiers = useTiers()
  const [adding, setAdding] = useState(false)
  const { activity, since } = doing(agent, useNow())
  const query = { switch: agent.switch, name: agent.name }
  const remove = async () => {
    const sure = await confirm({
      title: t('agent.removeTitle', { name: agent.name }),
      text: t('agent.removeText'),
      action: t('agent.remove'),
      danger: true,
    })
    if (!sure) return
    const done = await act('remove', () => data(client.DELETE('/agents', { params: { query } })), t('agent.removed', { name: agent.name }))
    if (!done) return
    await navigate({ to: '/agents' })
    for (const what of ['agent', 'states', 'registered']) queries.removeQueries({ queryKey: ['centre', what, agent.switch, agent.name] })
    void refreshTiers()
  }
  return (
    <>
      <BackLink to="/agents">{t('agents.title')}</BackLink>
      <PageHead title={<Name of={agent.name} />} about={t('agent.at', { switch: agent.switch, contact: agent.contact || t('none') })}>
        {session.may('agents', 'change') && (
          <RemoveButton loading={busy === 'remove'} onClick={() => void remove()}>
            {t('agent.remove')}
          </RemoveButton>
        )}
      </PageHead>
      {agent.misspelled && <Notice alert icon={IconAlertTriangle} title={t('agent.misspelled')} text={t('agent.misspelledText')} />}
      <Group gap="sm" mb="md">
        <ActivityBadge activity={activity} />
        {since > 0 && <Since at={since} />}
        {session.may('agents', 'status') && <StatusMenu agent={agent} />}
        <Registered agent={agent} />
      </Group>
      <Figures mb="lg">
        <Figure label={t('agent.offered')}>{format.number(agent.today.offered)}</Figure>
        <Figure label={t('agent.answered')}>{format.number(agent.today.answered)}</Figure>
        <Figure label={t('agent.missed')}>{format.number(agent.today.missed)}</Figure>
        <Figure label={t('agent.talk')}>
          <Duration seconds={agent.today.talk} />
        </Figure>
      </Figures>
      {session.may('tiers', 'see') && (
        <Section
          title={t('agent.queues')}
          about={t('tier.about')}
          actions={
            session.may('tiers', 'change') && (
              <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
                {t('tier.addQueue')}
              </Button>
            )
          }
        >
          <Loaded query={tiers}>
            {(all) => (
              <TierTable
                tiers={all.filter((tier) => tier.switch === agent.switch && tier.agent === agent.name)}
                show="queue"
                empty={<Empty title={t('tier.noQueues')} text={t('tier.noQueuesText')} />}
              />
            )}
          </Loaded>
        </Section>
      )}
      <Section title={t('state.title')} about={t('state.about')}>
        <AgentStates agent={query} activity={activity} />
      </Section>
      {session.may('agents', 'change') && <Settings agent={agent} />}
      <TierForm opened={adding} onClose={() => setAdding(false)} agent={agent} />
    </>
  )
}

function Registered({ agent }: { agent: Schema<'Agent'> }) {
  const { t } = useTranslation('centre')
  const query = useQuery({
    queryKey: ['centre', 'registered', agent.switch, agent.name, agent.contact],
    queryFn: () => data(client.GET('/agents/registered', { params: { query: { switch: agent.switch, name: agent.name } } })),
  })
  const is = query.data?.registered
  if (is === undefined) return null
  return <StatusBadge tone={is === 'yes' ? 'good' : is === 'no' ? 'bad' : 'off'}>{t(`registered.${is}`)}</StatusBadge>
}

function Settings({ agent }: { agent: Schema<'Agent'> }) {
  const { t } = useTranslation('centre')
  const query = useQuery({
    queryKey: ['centre', 'agent', agent.switch, agent.name],
    queryFn: () => tagged(client.GET('/agent', { params: { query: { switch: agent.switch, name: agent.name } } })),
  })
  return (
    <Panel title={t('agent.settings')} about={t('agent.settingsAbout')}>
      <Loaded query={query}>{(known) => <SettingsForm agent={agent} known={known} reload={query.refetch} />}</Loaded>
    </Panel>
  )
}

interface SettingsProps {
  /** As the stream shows him. */
  agent: Schema<'Agent'>
  /** As he was read for the form. */
  known: Tagged<Schema<'Agent'>>
  reload: () => Promise<unknown>
}

function SettingsForm({ agent, known, reload }: SettingsProps) {
  const session = useSession()
  const form = useForm<AgentValues>({ initialValues: valuesOf(known.value) })
  const now = JSON.stringify(valuesOf(agent))
  // What another has changed shows at once, unless somebody types just now: then he is told when he saves.
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the agent only what the form has
  useEffect(() => {
    if (!form.isDirty() && now !== JSON.stringify(valuesOf(known.value))) void reload()
  }, [now])
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed stays
  useEffect(() => {
    const [typed, before] = [form.getValues(), form.getInitialValues()]
    form.setInitialValues(valuesOf(known.value))
    form.setValues(merge(valuesOf(known.value), typed, before))
  }, [known.etag])
  const save = useSave(form, async (values) => {
    const changed = <K extends string>(key: K, value: unknown) => (form.isDirty(key) ? { [key]: value } : {})
    await data(
      client.PATCH('/agents', {
        params: { query: { switch: agent.switch, name: agent.name }, header: ifMatch(known.etag) },
        body: {
          ...changed('type', values.type),
          ...(session.may('switch', 'texts') && changed('contact', values.contact.trim())),
          ...Object.assign({}, ...delays.map((key) => changed(key, Number(values[key])))),
        },
      }),
    )
    await reload()
  })
  return (
    <form onSubmit={save.submit}>
      <Stack gap="sm">
        <AgentFields form={form} />
      </Stack>
      <SaveBar form={form} save={save} onReload={() => void reload()} />
    </form>
  )
}
