import { Anchor, Button, Text } from '@mantine/core'
import { IconPlus, IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { projectLabel, useProjectNames } from '~/part/projects'
import { useSession } from '~/session/session'
import style from './Logs.module.css'
import { LogsHead } from './LogsHead'
import { WebhookState } from './WebhookState'
import { eventName } from './words'

type Webhook = Schema<'Webhook'>

export default function Webhooks() {
  const { t } = useTranslation('logs')
  const session = useSession()
  const projects = useProjectNames()
  const navigate = useNavigate()
  const query = useQuery({ queryKey: ['webhooks'], queryFn: async () => (await data(client.GET('/webhooks'))) ?? [] })
  const add = session.may('webhooks', 'edit') && (
    <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/logs/webhooks/new" {...props} />}>
      {t('webhook.add')}
    </Button>
  )
  const columns: Column<Webhook>[] = [
    {
      key: 'name',
      head: t('webhook.name'),
      phone: 'title',
      sort: ({ name }) => name,
      cell: ({ id, name }) => (
        <Anchor size="sm" renderRoot={(props) => <Link to="/logs/webhooks/$id" params={{ id }} {...props} />}>
          {name}
        </Anchor>
      ),
    },
    { key: 'url', head: t('webhook.url'), cell: ({ url }) => <span className={style.lines}>{url}</span> },
    {
      key: 'events',
      head: t('webhook.events'),
      cell: ({ events }) => <span className={style.lines}>{events.map((kind) => eventName(t, kind)).join(', ')}</span>,
    },
    {
      key: 'projects',
      head: t('column.project'),
      cell: (row) => (row.projects.length > 0 ? row.projects.map((id) => projectLabel(projects, id)).join(', ') : t('webhook.all')),
    },
    { key: 'owner', head: t('webhook.owner'), cell: ({ owner }) => owner || t('webhook.machine') },
    { key: 'state', head: t('column.state'), width: 190, cell: (row) => <WebhookState webhook={row} /> },
  ]
  return (
    <>
      <LogsHead about={t('webhook.about')}>{(query.data?.length ?? 0) > 0 && add}</LogsHead>
      <Loaded query={query}>
        {(webhooks) => (
          <DataTable
            label={t('tab.webhooks')}
            rows={webhooks}
            id={({ id }) => id}
            columns={columns}
            sort={{ by: 'name', desc: false }}
            onRow={({ id }) => void navigate({ to: '/logs/webhooks/$id', params: { id } })}
            empty={
              <Empty icon={IconWebhook} title={t('webhook.empty')} text={t('webhook.emptyText')}>
                {add}
              </Empty>
            }
          />
        )}
      </Loaded>
      {!session.may('webhooks', 'edit') && (
        <Text size="xs" c="dimmed" mt="md">
          {t('webhook.readOnly')}
        </Text>
      )}
    </>
  )
}
