import { Alert, Button, Group, Menu, MultiSelect, Paper, Switch, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown, IconKey, IconPencil, IconRefresh, IconSend } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { CursorPager } from '~/part/CursorPager'
import { Facts } from '~/part/Facts'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { ProblemNote } from '~/part/ProblemNote'
import { projectLabel, useProjectNames } from '~/part/projects'
import { RemoveButton } from '~/part/RemoveButton'
import { useSession } from '~/session/session'
import { Attempts } from './Attempts'
import { Deliveries } from './Deliveries'
import { SecretOnce } from './SecretOnce'
import { deliveryStates } from './states'
import { WebhookState } from './WebhookState'
import { eventName } from './words'

const route = getRouteApi('/shell/logs/webhooks/$id')

export default function Webhook() {
  const { id } = route.useParams()
  const query = useQuery({ queryKey: ['webhook', id], queryFn: () => data(client.GET('/webhooks/{id}', { params: { path: { id } } })) })
  return <Loaded query={query}>{(webhook) => <One webhook={webhook} />}</Loaded>
}

function One({ webhook }: { webhook: Schema<'Webhook'> }) {
  const { t } = useTranslation(['logs', 'common'])
  const session = useSession()
  const projects = useProjectNames()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const { id } = webhook
  const path = { path: { id } }
  const anew = () => {
    void queryClient.invalidateQueries({ queryKey: ['webhooks'] })
    void queryClient.invalidateQueries({ queryKey: ['webhook', id] })
  }
  const turn = useMutation({
    mutationFn: (active: boolean) => data(client.PATCH('/webhooks/{id}', { params: path, body: { active } })),
    onSettled: anew,
  })
  const test = useMutation({ mutationFn: () => data(client.POST('/webhooks/{id}/test', { params: path })), onSettled: anew })
  const renew = useMutation({ mutationFn: () => data(client.POST('/webhooks/{id}/secret', { params: path })) })
  const remove = useMutation({
    mutationFn: () => data(client.DELETE('/webhooks/{id}', { params: path })),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['webhooks'] })
      void navigate({ to: '/logs/webhooks' })
    },
  })
  const replay = useMutation({
    mutationFn: (body: Schema<'Replay-webhookRequest'>) => data(client.POST('/webhooks/{id}/replay', { params: path, body })),
    onSuccess: ({ deliveries }) => {
      notifications.show({ color: deliveries > 0 ? 'green' : 'gray', message: t('delivery.replayed', { count: deliveries }) })
      anew()
    },
  })
  const askRemove = async () => {
    const sure = await confirm({
      title: t('webhook.removeTitle', { name: webhook.name }),
      text: t('webhook.removeText'),
      action: t('common:action.delete'),
      danger: true,
    })
    if (sure) remove.mutate()
  }
  const askRenew = async () => {
    if (await confirm({ title: t('secret.renewTitle'), text: t('secret.renewText'), action: t('secret.renew') })) renew.mutate()
  }
  const askReplay = async (hours: number) => {
    const sure = await confirm({
      title: t('delivery.replayTitle'),
      text: t('delivery.replayText', { count: hours }),
      action: t('delivery.replay'),
    })
    if (sure) replay.mutate({ since: new Date(Date.now() - hours * 3_600_000).toISOString() })
  }
  const mayEdit = session.may('webhooks', 'edit')
  const failure = turn.error ?? renew.error ?? remove.error ?? replay.error ?? test.error
  return (
    <>
      <BackLink to="/logs/webhooks">{t('tab.webhooks')}</BackLink>
      <PageHead title={webhook.name} about={webhook.url}>
        {mayEdit && (
          <>
            <RemoveButton loading={remove.isPending} onClick={() => void askRemove()}>
              {t('common:action.delete')}
            </RemoveButton>
            <Button variant="default" leftSection={<IconKey size={16} />} loading={renew.isPending} onClick={() => void askRenew()}>
              {t('secret.renew')}
            </Button>
            <Button
              variant="default"
              leftSection={<IconPencil size={16} />}
              renderRoot={(props) => <Link to="/logs/webhooks/$id/edit" params={{ id }} {...props} />}
            >
              {t('common:action.edit')}
            </Button>
            <Button leftSection={<IconSend size={16} />} loading={test.isPending} onClick={() => test.mutate()}>
              {t('webhook.test')}
            </Button>
          </>
        )}
      </PageHead>
      {failure && <ProblemNote failure={failure} />}
      {test.data && !test.isPending && <TestResult delivery={test.data} />}
      <Paper withBorder p="md" mb="lg">
        <Group justify="space-between" align="flex-start" mb="xs">
          <WebhookState webhook={webhook} />
          <Switch
            label={t('webhook.active')}
            labelPosition="left"
            checked={webhook.active}
            disabled={!mayEdit || turn.isPending}
            onChange={({ currentTarget }) => turn.mutate(currentTarget.checked)}
          />
        </Group>
        <Facts
          facts={[
            { name: t('webhook.reason'), value: webhook.active ? '' : webhook.reason },
            { name: t('webhook.failingSince'), value: webhook.failing_since && <When at={webhook.failing_since} /> },
            { name: t('webhook.events'), value: webhook.events.map((kind) => eventName(t, kind)).join(', ') },
            {
              name: t('webhook.projects'),
              value: webhook.projects.length > 0 ? webhook.projects.map((one) => projectLabel(projects, one)).join(', ') : t('webhook.all'),
            },
            { name: t('webhook.numbers'), value: t(webhook.numbers ? 'webhook.numbersSent' : 'webhook.numbersHidden') },
            { name: t('webhook.owner'), value: webhook.owner || t('webhook.machine') },
            { name: t('webhook.secretSet'), value: <When at={webhook.secret_set_at} /> },
            { name: t('webhook.formerEnds'), value: webhook.former_secret_ends && <When at={webhook.former_secret_ends} /> },
          ]}
        />
      </Paper>
      <History
        webhook={webhook}
        replay={mayEdit ? (event) => replay.mutate({ event }) : undefined}
        actions={
          mayEdit && (
            <Menu position="bottom-end">
              <Menu.Target>
                <Button
                  variant="default"
                  leftSection={<IconRefresh size={16} />}
                  rightSection={<IconChevronDown size={14} />}
                  loading={replay.isPending}
                >
                  {t('delivery.replayAll')}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {[1, 24, 24 * 7].map((hours) => (
                  <Menu.Item key={hours} onClick={() => void askReplay(hours)}>
                    {t('delivery.last', { count: hours })}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )
        }
      />
      <SecretOnce
        renewed
        secret={renew.data?.secret}
        onClose={() => {
          renew.reset()
          anew()
        }}
      />
    </>
  )
}

function TestResult({ delivery }: { delivery: Schema<'WebhookDelivery'> }) {
  const { t } = useTranslation('logs')
  const good = delivery.state === 'delivered'
  return (
    <Alert mb="md" role="status" color={good ? 'green' : 'red'} title={t(good ? 'webhook.testGood' : 'webhook.testBad')}>
      <Attempts attempts={delivery.attempts} />
    </Alert>
  )
}

interface HistoryProps {
  webhook: Schema<'Webhook'>
  replay: ((event: string) => void) | undefined
  actions: ReactNode
}

/** What was sent there and how that went. */
function History({ webhook: { id }, replay, actions }: HistoryProps) {
  const { t } = useTranslation('logs')
  const { state } = route.useSearch()
  const navigate = useNavigate({ from: '/logs/webhooks/$id' })
  const query = useInfiniteQuery({
    queryKey: ['webhook', id, 'deliveries', state],
    queryFn: ({ pageParam }) =>
      data(
        client.GET('/webhooks/{id}/deliveries', {
          params: { path: { id }, query: { limit: 20, ...(state && { state }), ...(pageParam && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    // Nothing tells of deliveries as they happen: those under way are asked about while there are few of them.
    refetchInterval: ({ state: known }) =>
      known.data?.pages.length === 1 && known.data.pages[0]?.deliveries.some((one) => one.state === 'sending' || one.state === 'waiting')
        ? 3000
        : false,
  })
  return (
    <section>
      <Group justify="space-between" align="flex-end" mb="xs">
        <Title order={2}>{t('delivery.title')}</Title>
        {actions}
      </Group>
      <FilterBar onReset={state ? () => void navigate({ search: { state: undefined }, replace: true }) : undefined}>
        <MultiSelect
          label={t('column.state')}
          data={deliveryStates.map((one) => ({ value: one, label: t(`delivery.state.${one}`) }))}
          value={state ?? []}
          onChange={(chosen) => {
            const wanted = deliveryStates.filter((one) => chosen.includes(one))
            void navigate({ search: { state: wanted.length > 0 ? wanted : undefined }, replace: true })
          }}
          placeholder={state ? '' : t('filter.any')}
          clearable
          miw={200}
        />
      </FilterBar>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap(({ deliveries }) => deliveries)
          return (
            <>
              <Deliveries rows={rows} filtered={state !== undefined} replay={replay} />
              {rows.length > 0 && <CursorPager query={query} shown={rows.length} />}
            </>
          )
        }}
      </Loaded>
    </section>
  )
}
