import { Anchor, NumberInput, Select, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { CursorPager } from '~/part/CursorPager'
import { type Column, DataTable } from '~/part/DataTable'
import { DayRange } from '~/part/DayRange'
import { browserZone, daysOf } from '~/part/days'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { projectLabel, useProjectNames } from '~/part/projects'
import { TextFilter } from '~/part/TextFilter'
import style from './Logs.module.css'
import { LogsHead } from './LogsHead'
import { RequestDrawer } from './RequestDrawer'
import { Status } from './Status'
import { moreThan, type Reason, reasonOf, reasons } from './why'

interface Search {
  from?: string | undefined
  to?: string | undefined
  module?: string | undefined
  action?: string | undefined
  status?: number | undefined
  user?: string | undefined
  why?: Reason | undefined
  id?: number | undefined
}

interface Props {
  search: Search
  onSearch: (change: Partial<Search>) => void
  /** Only what was refused or failed. */
  refused?: boolean
}

type Row = Schema<'Request'>

const none: Search = {
  from: undefined,
  to: undefined,
  module: undefined,
  action: undefined,
  status: undefined,
  user: undefined,
  why: undefined,
  id: undefined,
}

/** What was asked of the documented API. */
export function RequestLog({ search, onSearch, refused = false }: Props) {
  const { t } = useTranslation('logs')
  const projects = useProjectNames()
  const { id, ...filter } = search
  const { from, to } = { ...daysOf(refused ? 'last7' : 'today'), ...(filter.from && filter.to && { from: filter.from, to: filter.to }) }
  const query = useInfiniteQuery({
    queryKey: ['logs', 'requests', refused, filter, from, to],
    queryFn: ({ pageParam }) => data(client.GET('/requests', { params: { query: asked(filter, refused, from, to, pageParam) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
  })
  const rows = query.data?.pages.flatMap(({ requests }) => requests) ?? []
  const filtered = Object.values(filter).some((value) => value !== undefined)
  const columns: Column<Row>[] = [
    { key: 'at', head: t('column.at'), width: 180, cell: ({ at }) => <When at={at} /> },
    {
      key: 'what',
      head: t('column.what'),
      phone: 'title',
      cell: (row) => (
        <Anchor component="button" type="button" size="sm" ta="start" onClick={() => onSearch({ id: row.id })}>
          {`/${row.module}/${row.action}`}
        </Anchor>
      ),
    },
    { key: 'user', head: t('column.user'), cell: ({ user }) => user || t('request.nobody') },
    { key: 'project', head: t('column.project'), cell: ({ project }) => project && projectLabel(projects, project) },
    { key: 'status', head: t('column.status'), width: 90, cell: ({ status }) => <Status status={status} /> },
    { key: 'why', head: t('column.why'), cell: (row) => (row.why || row.error) && <Why row={row} /> },
  ]
  return (
    <>
      <LogsHead about={t(refused ? 'refused.about' : 'requests.about')} />
      <FilterBar onReset={filtered ? () => onSearch(none) : undefined}>
        <DayRange value={{ from, to }} onChange={onSearch} />
        <TextFilter
          label={t('filter.module')}
          value={filter.module}
          onChange={(module) => onSearch({ module })}
          placeholder="contact"
          width={130}
        />
        <TextFilter
          label={t('filter.action')}
          value={filter.action}
          onChange={(action) => onSearch({ action })}
          placeholder="queues"
          width={130}
        />
        <TextFilter label={t('column.user')} value={filter.user} onChange={(user) => onSearch({ user })} width={150} />
        <NumberInput
          label={t('column.status')}
          w={110}
          min={100}
          max={599}
          allowDecimal={false}
          hideControls
          placeholder={refused ? '403' : '200'}
          value={filter.status ?? ''}
          onChange={(status) => {
            if (status === '') onSearch({ status: undefined })
            else if (typeof status === 'number' && status >= 100 && status <= 599) onSearch({ status })
          }}
        />
        {refused && (
          <Select
            label={t('column.why')}
            w={230}
            data={reasons.map((reason) => ({ value: reason, label: t(`why.${reason}.title`) }))}
            value={filter.why ?? null}
            onChange={(why) => onSearch({ why: reasonOf(why ?? '') })}
            placeholder={t('filter.any')}
            searchable
            clearable
          />
        )}
      </FilterBar>
      <Loaded query={query}>
        {() => (
          <>
            <DataTable
              label={t(refused ? 'tab.refused' : 'tab.requests')}
              rows={rows}
              id={(row) => String(row.id)}
              columns={columns}
              onRow={(row) => onSearch({ id: row.id })}
              empty={
                <Empty
                  title={t(refused ? 'refused.empty' : 'requests.empty')}
                  text={t(filtered ? 'requests.emptyFiltered' : refused ? 'refused.emptyText' : 'requests.emptyText')}
                />
              }
            />
            {(rows.length > 0 || query.hasNextPage) && <CursorPager query={query} shown={rows.length} />}
          </>
        )}
      </Loaded>
      <RequestDrawer row={rows.find((row) => row.id === id)} onClose={() => onSearch({ id: undefined })} />
    </>
  )
}

/** Why it was refused, in the reader's words; in the client's where there are no others. */
function Why({ row }: { row: Row }) {
  const { t } = useTranslation('logs')
  const reason = reasonOf(row.why)
  const more = moreThan(row.reason ?? '')
  if (!reason) return <span className={style.lines}>{row.error}</span>
  return (
    <div>
      {t(`why.${reason}.title`)}
      {more && (
        <Text size="xs" c="dimmed" className={style.lines} lang="en">
          {more}
        </Text>
      )}
    </div>
  )
}

const asked = ({ module, action, status, user, why }: Omit<Search, 'id'>, refused: boolean, from: string, to: string, cursor: string) => ({
  from,
  to,
  zone: browserZone(),
  ...(module && { module }),
  ...(action && { action }),
  ...(status && { status }),
  ...(user && { user }),
  ...(why && { why }),
  ...(refused && { refused }),
  ...(cursor && { cursor }),
})
