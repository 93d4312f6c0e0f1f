import { ActionIcon, Group } from '@mantine/core'
import { IconEdit, IconTrash } from '@tabler/icons-react'
import { type ReactNode, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { ActivityBadge } from '~/part/ActivityBadge'
import { doing } from '~/part/activity'
import { useConfirm } from '~/part/Confirm'
import { type Column, DataTable, type Sort } from '~/part/DataTable'
import { clock } from '~/part/now'
import { PagedTable } from '~/part/PagedTable'
import { refreshTiers } from '~/part/tiers'
import { useSession } from '~/session/session'
import { useAct } from './act'
import { useLive } from './data'
import { AgentName, QueueName } from './QueueName'
import { TierEdit } from './TierForm'

type Tier = Schema<'Tier'>

interface Props {
  tiers: readonly Tier[]
  /** What is not said by the page already. */
  show: 'agent' | 'queue' | 'both'
  empty: ReactNode
  /** For a list of any length. */
  paged?: { sort: Sort; onSort: (sort: Sort) => void; page: number; onPage: (page: number) => void }
}

/** Who serves which queue, and when his turn is. */
export function TierTable({ tiers, show, empty, paged }: Props) {
  const { t } = useTranslation('centre')
  const session = useSession()
  const confirm = useConfirm()
  const { act, busy } = useAct()
  const agents = useLive('agents')
  const [edited, setEdited] = useState<Tier>()
  const change = session.may('tiers', 'change')
  const several = new Set(tiers.map((tier) => tier.switch)).size > 1
  const of = useMemo(() => new Map(agents.map((agent) => [`${agent.switch}|${agent.name}`, agent])), [agents])
  const remove = async (tier: Tier) => {
    const sure = await confirm({
      title: t('tier.removeTitle', { agent: tier.agent, queue: tier.queue }),
      text: t('tier.removeText'),
      action: t('tier.remove'),
      danger: true,
    })
    if (!sure) return
    const query = { switch: tier.switch, queue: tier.queue, agent: tier.agent }
    await act(idOf(tier), () => data(client.DELETE('/tiers', { params: { query } })).then(refreshTiers), t('tier.removed', query))
  }
  const columns: Column<Tier>[] = [
    {
      key: 'agent',
      head: t('tier.agent'),
      phone: show === 'queue' ? 'hide' : 'title',
      sort: (row) => row.agent,
      cell: (row) =>
        session.may('agents', 'see') ? <AgentName of={{ switch: row.switch, name: row.agent }} several={several} /> : row.agent,
    },
    {
      key: 'queue',
      head: t('tier.queue'),
      ...(show === 'queue' && { phone: 'title' as const }),
      sort: (row) => row.queue,
      cell: (row) =>
        session.may('queues', 'see') ? <QueueName of={{ switch: row.switch, name: row.queue }} several={several} /> : row.queue,
    },
    {
      key: 'doing',
      head: t('tier.doing'),
      cell: (row) => {
        const agent = of.get(`${row.switch}|${row.agent}`)
        return agent && <ActivityBadge activity={doing(agent, clock()).activity} />
      },
    },
    { key: 'level', head: t('tier.level'), align: 'end', sort: (row) => row.level * 100_000 + row.position, cell: (row) => row.level },
    { key: 'position', head: t('tier.position'), align: 'end', sort: (row) => row.position, cell: (row) => row.position },
    {
      key: 'deeds',
      head: '',
      align: 'end',
      width: 90,
      cell: (row) => (
        <Group gap={4} ms="auto" justify="flex-end" wrap="nowrap">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('tier.editOf', { agent: row.agent, queue: row.queue })}
            title={t('tier.edit')}
            onClick={() => setEdited(row)}
          >
            <IconEdit size={16} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="red"
            aria-label={t('tier.removeOf', { agent: row.agent, queue: row.queue })}
            title={t('tier.remove')}
            loading={busy === idOf(row)}
            onClick={() => void remove(row)}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ),
    },
  ]
  const shown = columns.filter(
    ({ key }) =>
      (key !== 'deeds' || change) &&
      (key !== 'agent' || show !== 'queue') &&
      (key !== 'queue' || show !== 'agent') &&
      (key !== 'doing' || show !== 'queue'),
  )
  const common = { label: t('tier.title'), columns: shown, rows: tiers, id: idOf, empty }
  return (
    <>
      {paged ? <PagedTable {...common} {...paged} /> : <DataTable {...common} sort={{ by: 'level', desc: false }} />}
      <TierEdit tier={edited} onClose={() => setEdited(undefined)} />
    </>
  )
}

const idOf = (tier: Tier) => `${tier.switch}|${tier.queue}|${tier.agent}`
