import { Button, Select, TextInput } from '@mantine/core'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { useStreamState } from '~/api/stream'
import { ActivityBadge } from '~/part/ActivityBadge'
import { type Activity, activities, doing } from '~/part/activity'
import type { Column } from '~/part/DataTable'
import { Duration, Since } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loading } from '~/part/Loading'
import { useNow } from '~/part/now'
import { PagedTable } from '~/part/PagedTable'
import { PageHead } from '~/part/PageHead'
import { useTiers } from '~/part/tiers'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { AgentAdd } from './AgentAdd'
import { useLive } from './data'
import { AgentName } from './QueueName'
import { StatusMenu } from './StatusMenu'

const route = getRouteApi('/shell/agents')

interface Row extends Schema<'Agent'> {
  activity: Activity
  since: number
}

/** The agents, with what they do. */
export default function Agents() {
  const { t } = useTranslation(['centre', 'common'])
  const format = useFormat()
  const session = useSession()
  const { find = '', queue, activity, sort = 'name', desc = false, page = 1 } = route.useSearch()
  const navigate = useNavigate({ from: '/agents' })
  const [adding, setAdding] = useState(false)
  const agents = useLive('agents')
  const state = useStreamState()
  const tiers = useTiers().data
  const now = useNow()
  const several = new Set(agents.map((row) => row.switch)).size > 1
  const served = queue === undefined ? undefined : tiers?.filter((tier) => tier.queue === queue)
  const ids = served && new Set(served.map((tier) => `${tier.switch}|${tier.agent}`))
  const rows = agents
    .map((agent): Row => ({ ...agent, ...doing(agent, now) }))
    .filter(
      (row) =>
        (!activity || row.activity === activity) &&
        (!ids || ids.has(`${row.switch}|${row.name}`)) &&
        `${row.name} ${row.contact}`.toLowerCase().includes(find.toLowerCase()),
    )
  const columns = useMemo(
    (): Column<Row>[] => [
      {
        key: 'name',
        head: t('agent.name'),
        phone: 'title',
        sort: (row) => row.name,
        cell: (row) => <AgentName of={row} several={several} />,
      },
      {
        key: 'activity',
        head: t('agent.activity'),
        sort: (row) => activities.indexOf(row.activity),
        cell: (row) => <ActivityBadge activity={row.activity} />,
      },
      {
        key: 'since',
        head: t('agent.since'),
        align: 'end',
        sort: (row) => (row.since > 0 ? -row.since : Number.NEGATIVE_INFINITY),
        cell: (row) => (row.since > 0 ? <Since at={row.since} /> : t('none')),
      },
      {
        key: 'answered',
        head: t('agent.answered'),
        align: 'end',
        sort: (row) => row.today.answered,
        cell: (row) => format.number(row.today.answered),
      },
      {
        key: 'missed',
        phone: 'hide',
        head: t('agent.missed'),
        align: 'end',
        sort: (row) => row.today.missed,
        cell: (row) => format.number(row.today.missed),
      },
      {
        key: 'talk',
        phone: 'hide',
        head: t('agent.talk'),
        align: 'end',
        sort: (row) => row.today.talk,
        cell: (row) => <Duration seconds={row.today.talk} />,
      },
      { key: 'contact', head: t('agent.contact'), phone: 'hide', sort: (row) => row.contact, cell: (row) => row.contact },
      ...(session.may('agents', 'status')
        ? [{ key: 'status', head: t('agent.status'), cell: (row: Row) => <StatusMenu agent={row} /> }]
        : []),
    ],
    [t, format, several, session],
  )
  const filtered = find !== '' || queue !== undefined || activity !== undefined
  const search = (change: { find?: string | undefined; queue?: string | undefined; activity?: Activity | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...change, page: undefined }), replace: true })
  const queues = [...new Set([...(tiers ?? []).map((tier) => tier.queue), ...(queue ? [queue] : [])])].sort()
  return (
    <>
      <PageHead title={t('agents.title')} about={t('agents.about')}>
        {session.may('agents', 'change') && session.projects.length === 0 && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t('agent.add')}
          </Button>
        )}
      </PageHead>
      <FilterBar onReset={filtered ? () => search({ find: undefined, queue: undefined, activity: undefined }) : undefined}>
        <TextInput
          label={t('agent.find')}
          leftSection={<IconSearch size={16} />}
          value={find}
          onChange={(event) => search({ find: event.target.value || undefined })}
        />
        <Select
          label={t('agent.activity')}
          placeholder={t('agent.anyActivity')}
          data={activities.map((one) => ({ value: one, label: t(`common:activity.${one}`) }))}
          value={activity ?? null}
          clearable
          onChange={(value) => search({ activity: activities.find((one) => one === value) })}
        />
        {tiers && (
          <Select
            label={t('tier.queue')}
            placeholder={t('queue.any')}
            data={queues}
            value={queue ?? null}
            clearable
            searchable
            onChange={(value) => search({ queue: value ?? undefined })}
          />
        )}
      </FilterBar>
      {agents.length === 0 && (state === 'connecting' || state === 'idle') ? (
        <Loading />
      ) : (
        <PagedTable
          label={t('agents.title')}
          columns={columns}
          rows={rows}
          id={(row) => `${row.switch}|${row.name}`}
          sort={{ by: sort, desc }}
          onSort={(by) => void navigate({ search: (before) => ({ ...before, sort: by.by, desc: by.desc || undefined }), replace: true })}
          page={page}
          onPage={(n) => void navigate({ search: (before) => ({ ...before, page: n }) })}
          empty={filtered ? <Empty title={t('agent.noneFound')} /> : <Empty title={t('agent.none')} text={t('agent.noneText')} />}
        />
      )}
      <AgentAdd opened={adding} onClose={() => setAdding(false)} />
    </>
  )
}
