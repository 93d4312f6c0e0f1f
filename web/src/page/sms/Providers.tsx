import { ActionIcon, Anchor, Button, Group, Switch, Text, Tooltip } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconServer } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Forbidden } from '~/part/Forbidden'
import { Loaded } from '~/part/Loaded'
import { ProblemNote } from '~/part/ProblemNote'
import { StatusBadge } from '~/part/StatusBadge'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { usePresets, useProviders } from './queries'
import { SmsHead } from './SmsHead'

type Provider = Schema<'Provider'>

/** Those that are asked first, in their order; then the others. */
const rank = (provider: Provider) => provider.place ?? Number.MAX_SAFE_INTEGER

export default function Providers() {
  const { t } = useTranslation('sms')
  const session = useSession()
  const format = useFormat()
  const navigate = useNavigate()
  const query = useProviders(session.projects.length === 0)
  const presets = usePresets()
  const order = useOrder()
  const mayOrder = session.may('settings', 'edit')
  const add = (
    <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/sms/providers/edit" {...props} />}>
      {t('providers.add')}
    </Button>
  )
  if (session.projects.length > 0) {
    return (
      <>
        <SmsHead about={t('providers.about')} />
        <Forbidden />
      </>
    )
  }
  const what = ({ kind, preset }: Provider) =>
    kind === 'http' && preset ? (presets.data?.find(({ name }) => name === preset)?.title ?? preset) : t(`kind.${kind}`)
  return (
    <>
      <SmsHead about={t('providers.about')}>{(query.data?.length ?? 0) > 0 && add}</SmsHead>
      {order.failure !== null && <ProblemNote failure={order.failure} />}
      <Loaded query={query}>
        {(providers) => {
          const sorted = providers.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
          const asked = sorted.flatMap(({ name, place }) => (place ? name : []))
          const columns: Column<Provider>[] = [
            {
              key: 'place',
              head: t('providers.place'),
              width: 90,
              align: 'end',
              cell: ({ place }) => (place ? format.number(place) : '—'),
            },
            {
              key: 'name',
              head: t('column.name'),
              phone: 'title',
              cell: ({ name }) => (
                <Anchor size="sm" renderRoot={(props) => <Link to="/sms/providers/edit" search={{ name }} {...props} />}>
                  {name}
                </Anchor>
              ),
            },
            { key: 'kind', head: t('providers.kind'), cell: what },
            {
              key: 'pace',
              head: t('providers.pace'),
              align: 'end',
              cell: ({ per_second }) => (per_second ? t('providers.perSecond', { n: format.number(per_second) }) : t('providers.noLimit')),
            },
            { key: 'state', head: t('column.state'), cell: (provider) => <ProviderState provider={provider} /> },
            {
              key: 'order',
              head: t('providers.used'),
              width: 170,
              align: 'end',
              cell: ({ name, place }) => (
                // biome-ignore lint/a11y: the row's click is not meant for what is in it
                <div onClick={(event) => event.stopPropagation()}>
                  <Group gap={4} wrap="nowrap" justify="flex-end">
                    {asked.length > 1 && place && (
                      <>
                        <Move name={name} order={asked} by={-1} busy={order.busy || !mayOrder} onMove={order.set} />
                        <Move name={name} order={asked} by={1} busy={order.busy || !mayOrder} onMove={order.set} />
                      </>
                    )}
                    <Tooltip label={t('providers.orderDenied')} disabled={mayOrder}>
                      <Switch
                        aria-label={`${t('providers.used')}: ${name}`}
                        checked={place !== undefined}
                        disabled={order.busy || !mayOrder}
                        onChange={() => order.set(place ? asked.filter((one) => one !== name) : [...asked, name])}
                      />
                    </Tooltip>
                  </Group>
                </div>
              ),
            },
          ]
          return (
            <>
              <DataTable
                label={t('tab.providers')}
                rows={sorted}
                id={({ name }) => name}
                onRow={({ name }) => void navigate({ to: '/sms/providers/edit', search: { name } })}
                columns={columns}
                empty={
                  <Empty icon={IconServer} title={t('providers.empty')} text={t('providers.emptyText')}>
                    {add}
                  </Empty>
                }
              />
              {sorted.length > 0 && (
                <Text size="sm" c="dimmed" mt="sm">
                  {t(asked.length === 0 ? 'providers.noneUsed' : 'providers.orderAbout')}
                </Text>
              )}
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function ProviderState({ provider: { place, usable, trouble, kind } }: { provider: Provider }) {
  const { t } = useTranslation('sms')
  if (!usable) {
    return (
      <Tooltip label={trouble ?? t('providers.brokenAbout')}>
        <span>
          <StatusBadge tone="bad">{t('providers.broken')}</StatusBadge>
        </span>
      </Tooltip>
    )
  }
  if (!place) return <StatusBadge tone="off">{t('providers.off')}</StatusBadge>
  return kind === 'log' ? (
    <StatusBadge tone="wait">{t('providers.sendsNobody')}</StatusBadge>
  ) : (
    <StatusBadge tone="good">{t('providers.on')}</StatusBadge>
  )
}

interface MoveProps {
  name: string
  order: readonly string[]
  by: -1 | 1
  busy: boolean
  onMove: (order: readonly string[]) => void
}

function Move({ name, order, by, busy, onMove }: MoveProps) {
  const { t } = useTranslation('sms')
  const from = order.indexOf(name)
  const other = order[from + by]
  const label = t(by < 0 ? 'providers.earlier' : 'providers.later')
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={busy || other === undefined}
        aria-label={`${label}: ${name}`}
        onClick={() => onMove(order.map((one) => (one === name ? (other ?? one) : one === other ? name : one)))}
      >
        {by < 0 ? <IconArrowUp size={16} /> : <IconArrowDown size={16} />}
      </ActionIcon>
    </Tooltip>
  )
}

/** Who is asked, one after the other: the setting sms.provider says it. */
function useOrder() {
  const queryClient = useQueryClient()
  const mutation = useMutation({
    mutationFn: (order: readonly string[]) =>
      data(client.PUT('/settings/{key}', { params: { path: { key: 'sms.provider' } }, body: { value: order.join(',') } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['sms', 'providers'] }),
  })
  return { set: (order: readonly string[]) => mutation.mutate(order), busy: mutation.isPending, failure: mutation.error }
}
