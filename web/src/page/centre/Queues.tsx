import { Button, TextInput } from '@mantine/core'
import { IconDownload, IconFileText, IconSearch } from '@tabler/icons-react'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { useStreamState } from '~/api/stream'
import type { Column } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loading } from '~/part/Loading'
import { PagedTable } from '~/part/PagedTable'
import { PageHead } from '~/part/PageHead'
import { useTiers } from '~/part/tiers'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { useLive } from './data'
import { QueueLoad } from './QueueLoad'
import { QueueName } from './QueueName'
import { isStrategy } from './queue'
import { Waited } from './Waited'

const route = getRouteApi('/shell/queues')

/** The queues that run. */
export default function Queues() {
  const { t } = useTranslation('centre')
  const format = useFormat()
  const session = useSession()
  const { find = '', sort = 'name', desc = false, page = 1 } = route.useSearch()
  const navigate = useNavigate({ from: '/queues' })
  const [loading, setLoading] = useState(false)
  const rows = useLive('queues')
  const state = useStreamState()
  const tiers = useTiers().data
  const several = new Set(rows.map((row) => row.switch)).size > 1
  const shown = useMemo(() => rows.filter(({ name }) => name.toLowerCase().includes(find.toLowerCase())), [rows, find])
  const columns = useMemo((): Column<Schema<'Queue'>>[] => {
    const agents = new Map<string, number>()
    for (const tier of tiers ?? []) agents.set(`${tier.switch}|${tier.queue}`, (agents.get(`${tier.switch}|${tier.queue}`) ?? 0) + 1)
    const serving = (row: Schema<'Queue'>) => agents.get(`${row.switch}|${row.name}`) ?? 0
    return [
      {
        key: 'name',
        head: t('queue.name'),
        phone: 'title',
        sort: (row) => row.name,
        cell: (row) => <QueueName of={row} several={several} />,
      },
      {
        key: 'strategy',
        head: t('queue.strategy'),
        phone: 'hide',
        cell: (row) => (isStrategy(row.strategy) ? t(`strategy.${row.strategy}`) : row.strategy),
      },
      ...(tiers
        ? [
            {
              key: 'agents',
              head: t('queue.agents'),
              align: 'end' as const,
              sort: serving,
              cell: (row: Schema<'Queue'>) => format.number(serving(row)),
            },
          ]
        : []),
      { key: 'waiting', head: t('queue.waiting'), align: 'end', sort: (row) => row.waiting, cell: (row) => format.number(row.waiting) },
      { key: 'longest', head: t('queue.longest'), align: 'end', sort: (row) => row.longest_wait, cell: (row) => <Waited queue={row} /> },
      { key: 'talking', head: t('queue.talking'), align: 'end', sort: (row) => row.talking, cell: (row) => format.number(row.talking) },
      {
        key: 'answered',
        head: t('queue.answered'),
        align: 'end',
        sort: (row) => row.today.answered,
        cell: (row) => format.number(row.today.answered),
      },
      {
        key: 'abandoned',
        head: t('queue.abandoned'),
        align: 'end',
        sort: (row) => row.today.abandoned,
        cell: (row) => format.number(row.today.abandoned),
      },
    ]
  }, [t, format, several, tiers])
  return (
    <>
      <PageHead title={t('queues.title')} about={t('queues.about')}>
        <Button
          variant="default"
          leftSection={<IconFileText size={16} />}
          renderRoot={(props) => <Link to="/queues/definitions" {...props} />}
        >
          {t('definitions.title')}
        </Button>
        {session.may('queues', 'change') && session.projects.length === 0 && (
          <Button variant="default" leftSection={<IconDownload size={16} />} onClick={() => setLoading(true)}>
            {t('load.action')}
          </Button>
        )}
      </PageHead>
      <FilterBar onReset={find ? () => void navigate({ search: (before) => ({ ...before, find: undefined }), replace: true }) : undefined}>
        <TextInput
          label={t('queue.find')}
          leftSection={<IconSearch size={16} />}
          value={find}
          onChange={(event) =>
            void navigate({ search: (before) => ({ ...before, find: event.target.value || undefined, page: undefined }), replace: true })
          }
        />
      </FilterBar>
      {rows.length === 0 && (state === 'connecting' || state === 'idle') ? (
        <Loading />
      ) : (
        <PagedTable
          label={t('queues.title')}
          columns={columns}
          rows={shown}
          id={(row) => `${row.switch}|${row.name}`}
          sort={{ by: sort, desc }}
          onSort={(by) => void navigate({ search: (before) => ({ ...before, sort: by.by, desc: by.desc || undefined }), replace: true })}
          page={page}
          onPage={(n) => void navigate({ search: (before) => ({ ...before, page: n }) })}
          empty={find ? <Empty title={t('queue.noneFound')} /> : <Empty title={t('queue.none')} text={t('queue.noneText')} />}
        />
      )}
      <QueueLoad opened={loading} onClose={() => setLoading(false)} />
    </>
  )
}
