import { Alert, Anchor, Drawer, Select, Stack, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { CursorPager } from '~/part/CursorPager'
import { type Column, DataTable } from '~/part/DataTable'
import { DayRange } from '~/part/DayRange'
import { browserZone, daysOf } from '~/part/days'
import { Empty } from '~/part/Empty'
import { Facts } from '~/part/Facts'
import { FilterBar } from '~/part/FilterBar'
import { Forbidden } from '~/part/Forbidden'
import { Loaded } from '~/part/Loaded'
import { StatusBadge } from '~/part/StatusBadge'
import { TextFilter } from '~/part/TextFilter'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { differences } from './difference'
import { useFieldName } from './fields'
import { kinds } from './kinds'
import style from './Logs.module.css'
import { LogsHead } from './LogsHead'

const route = getRouteApi('/shell/logs/audit')

type Change = Schema<'Change'>

export default function Audit() {
  const { t } = useTranslation('logs')
  const session = useSession()
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/logs/audit' })
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const { id, ...filter } = search
  const { from, to } = { ...daysOf('last30'), ...(filter.from && filter.to && { from: filter.from, to: filter.to }) }
  const query = useInfiniteQuery({
    queryKey: ['logs', 'audit', filter, from, to],
    queryFn: ({ pageParam }) =>
      data(
        client.GET('/audit', {
          params: {
            query: {
              from,
              to,
              zone: browserZone(),
              ...(filter.kind && { kind: filter.kind }),
              ...(filter.name && { name: filter.name }),
              ...(filter.login && { login: filter.login }),
              ...(pageParam && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    enabled: session.projects.length === 0,
  })
  if (session.projects.length > 0) {
    return (
      <>
        <LogsHead about={t('audit.about')} />
        <Forbidden />
      </>
    )
  }
  const rows = query.data?.pages.flatMap(({ changes }) => changes) ?? []
  const filtered = Object.values(filter).some((value) => value !== undefined)
  const columns: Column<Change>[] = [
    { key: 'at', head: t('column.at'), width: 180, cell: ({ at }) => <When at={at} /> },
    { key: 'login', head: t('column.who'), width: 150, cell: (change) => <Who change={change} /> },
    {
      key: 'what',
      head: t('column.changed'),
      phone: 'title',
      cell: (change) => (
        <Anchor component="button" type="button" size="sm" ta="start" onClick={() => set({ id: change.id })}>
          <KindName kind={change.kind} />
          {` ${nameOf(change)}`}
        </Anchor>
      ),
    },
    { key: 'deed', head: t('column.deed'), width: 130, cell: (change) => <Deed change={change} /> },
    { key: 'difference', head: t('column.difference'), cell: (change) => <Summary change={change} /> },
  ]
  return (
    <>
      <LogsHead about={t('audit.about')} />
      <FilterBar
        onReset={filtered ? () => set({ from: undefined, to: undefined, kind: undefined, name: undefined, login: undefined }) : undefined}
      >
        <DayRange value={{ from, to }} onChange={set} />
        <Select
          label={t('filter.kind')}
          data={kinds.map((one) => ({ value: one, label: t(`kind.${one}`) }))}
          value={filter.kind ?? null}
          onChange={(chosen) => set({ kind: chosen ?? undefined })}
          placeholder={t('filter.any')}
          clearable
          searchable
          w={190}
        />
        <TextFilter label={t('filter.name')} value={filter.name} onChange={(name) => set({ name })} />
        <TextFilter label={t('column.who')} value={filter.login} onChange={(login) => set({ login })} />
      </FilterBar>
      <Loaded query={query}>
        {() => (
          <>
            <DataTable
              label={t('tab.audit')}
              rows={rows}
              id={(change) => String(change.id)}
              columns={columns}
              onRow={(change) => set({ id: change.id })}
              empty={<Empty title={t('audit.empty')} text={t(filtered ? 'requests.emptyFiltered' : 'audit.emptyText')} />}
            />
            {rows.length > 0 && <CursorPager query={query} shown={rows.length} />}
          </>
        )}
      </Loaded>
      <ChangeDrawer change={rows.find((change) => change.id === id)} onClose={() => set({ id: undefined })} />
    </>
  )
}

/** Of what kind it is, in the reader's words; in the API's where it is a newer one. */
function KindName({ kind }: { kind: string }) {
  const { t } = useTranslation('logs')
  const known = kinds.find((one) => one === kind)
  return known ? t(`kind.${known}`) : kind
}

/** How people call what was changed, with the id by which others do if that is short. */
function nameOf({ name: id, before, after }: Change): string {
  const name = (after ?? before)?.name
  if (typeof name !== 'string' || name === '' || name === id) return id
  return id.length > 20 ? name : `${name} (${id})`
}

function Who({ change: { login } }: { change: Change }) {
  const { t } = useTranslation('logs')
  return login === 'command line' ? t('audit.commandLine') : login || t('audit.itself')
}

function Deed({ change: { before, after } }: { change: Change }) {
  const { t } = useTranslation('logs')
  if (!before) return <StatusBadge tone="good">{t('audit.made')}</StatusBadge>
  if (!after) return <StatusBadge tone="bad">{t('audit.removed')}</StatusBadge>
  return <StatusBadge tone="active">{t('audit.changed')}</StatusBadge>
}

/** What need not be told of what is new or gone. */
const nothing: ReadonlySet<string> = new Set(['', '0', 'false', 'null', '[]', '{}', '0001-01-01T00:00:00Z'])

const most = 3 // differences that a line of the list shows

/** A value as one reads it: yes and no, and a moment as date and time, nothing for the one that the API has for none. */
function useValue() {
  const { t } = useTranslation('centre')
  const format = useFormat()
  return (text: string | undefined, field: string) => {
    if (text === 'true' || text === 'false') return t(text === 'true' ? 'yes' : 'no')
    if (text && field === 'values_set') return format.dateTime(Number(text) / 1e6) // microseconds
    if (text === undefined || !/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text)) return text
    return text.startsWith('0001-') ? '' : format.dateTime(text)
  }
}

/** The first differences, in short; of what is new or gone, what it is. */
function Summary({ change }: { change: Change }) {
  const { t } = useTranslation('logs')
  const fieldName = useFieldName()
  const { before, after } = change
  const value = useValue()
  const changed = before && after
  const all = differences(before, after)
    .filter((one) => changed || !nothing.has(one.before ?? one.after ?? ''))
    .map((one) => ({ ...one, before: value(one.before, one.field), after: value(one.after, one.field) }))
  return (
    <span className={style.lines}>
      {all.slice(0, most).map(({ field, before: old, after: now }, n) => (
        <span key={field}>
          {n > 0 && '; '}
          <Text component="span" inherit c="dimmed">
            {`${fieldName(change, field)}: `}
          </Text>
          {changed ? `${old || '—'} → ${now || '—'}` : (now ?? old)}
        </span>
      ))}
      {all.length > most && ` ${t('audit.more', { count: all.length - most })}`}
    </span>
  )
}

function ChangeDrawer({ change, onClose }: { change: Change | undefined; onClose: () => void }) {
  const { t } = useTranslation(['logs', 'common'])
  return (
    <Drawer
      opened={change !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={
        change && (
          <>
            <KindName kind={change.kind} />
            {` ${nameOf(change)}`}
          </>
        )
      }
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {change && (
        <Stack gap="md">
          <div>
            <Deed change={change} />
          </div>
          <Facts
            facts={[
              { name: t('column.at'), value: <When at={change.at} /> },
              { name: t('column.who'), value: <Who change={change} /> },
              { name: t('audit.name'), value: nameOf(change) === change.name ? '' : change.name },
              { name: t('audit.address'), value: change.address },
              { name: t('request.id'), value: change.request },
            ]}
          />
          <Differences change={change} />
        </Stack>
      )}
    </Drawer>
  )
}

/** What was before and what is after, side by side. */
function Differences({ change }: { change: Change }) {
  const { t } = useTranslation('logs')
  const fieldName = useFieldName()
  const { before, after } = change
  const value = useValue()
  const all = differences(before, after)
  if (all.length === 0) return <Alert color="gray">{t('audit.secretOnly')}</Alert>
  return (
    <Table layout="fixed" withTableBorder verticalSpacing={6} aria-label={t('column.difference')}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="30%">{t('audit.field')}</Table.Th>
          {before && <Table.Th>{t('audit.before')}</Table.Th>}
          {after && <Table.Th>{t('audit.after')}</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {all.map(({ field, before: old, after: now }) => (
          <Table.Tr key={field}>
            <Table.Td style={{ overflowWrap: 'anywhere' }} title={field}>
              {fieldName(change, field)}
            </Table.Td>
            {before && (
              <Table.Td>
                <span className={`${style.value} ${after && old !== undefined ? style.before : ''}`}>{value(old, field) ?? '—'}</span>
              </Table.Td>
            )}
            {after && (
              <Table.Td>
                <span className={`${style.value} ${before && now !== undefined ? style.after : ''}`}>{value(now, field) ?? '—'}</span>
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
