import { Anchor, Box, Group, Text, ThemeIcon, Tooltip } from '@mantine/core'
import { IconMicrophone, IconPhoneIncoming, IconPhoneOutgoing, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { base, client, data, type Schema } from '~/api/client'
import { CursorPager } from '~/part/CursorPager'
import { useChoices } from '~/part/choices'
import { type Column, DataTable } from '~/part/DataTable'
import { DownloadMenu } from '~/part/Download'
import { Duration } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { Failed } from '~/part/Failed'
import { Loading } from '~/part/Loading'
import { PageHead } from '~/part/PageHead'
import { asQuery } from '~/part/search'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import { Filters } from './Filters'
import { Outcome } from './Outcome'
import { asked, keepSearch } from './search'
import { useWords } from './words'

type Call = Schema<'Call'>

const route = getRouteApi('/shell/calls')
const page = 50

export default function Calls() {
  const { t } = useTranslation('calls')
  const session = useSession()
  const search = route.useSearch()
  const navigate = useNavigate()
  useEffect(() => keepSearch(search), [search])
  const question = asked(search)
  const query = useInfiniteQuery({
    queryKey: ['calls', question],
    queryFn: ({ pageParam }) =>
      data(client.GET('/calls', { params: { query: { ...question, limit: page, ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  })
  const columns = useColumns()
  const rows = query.data?.pages.flatMap(({ calls }) => calls) ?? []
  return (
    <>
      <PageHead title={t('title')} about={t('about')}>
        {session.may('calls', 'export') && rows.length > 0 && (
          <DownloadMenu path={(format) => `${base}/calls/export?${asQuery({ ...question, format })}`} />
        )}
      </PageHead>
      <Filters search={search} onChange={(next) => void navigate({ to: '/calls', search: next })} />
      {query.data === undefined && (query.isError ? <Failed failure={query.error} onRetry={() => void query.refetch()} /> : <Loading />)}
      {query.data !== undefined && (
        <Box opacity={query.isPlaceholderData ? 0.5 : 1} aria-busy={query.isPlaceholderData || undefined}>
          {query.isError && !query.isFetchNextPageError ? (
            <Failed failure={query.error} onRetry={() => void query.refetch()} />
          ) : (
            <DataTable
              label={t('title')}
              columns={columns}
              rows={rows}
              id={({ uuid }) => uuid}
              onRow={({ uuid }) => void navigate({ to: '/calls/$id', params: { id: uuid } })}
              empty={<Empty icon={IconSearch} title={t('empty.title')} text={t('empty.text')} />}
            />
          )}
          {rows.length > 0 && <CursorPager query={query} shown={rows.length} />}
        </Box>
      )}
    </>
  )
}

function useColumns(): Column<Call>[] {
  const { t } = useTranslation('calls')
  const { projectName } = useChoices()
  return [
    { key: 'started', head: t('column.started'), phone: 'title', cell: (call) => <Started call={call} /> },
    { key: 'caller', head: t('column.caller'), cell: ({ caller, caller_name }) => <Party number={caller} name={caller_name} /> },
    { key: 'called', head: t('column.called'), cell: ({ called }) => <Party number={called} /> },
    { key: 'project', head: t('column.project'), cell: ({ project }) => (project ? projectName(project) : <Nothing />) },
    { key: 'queue', head: t('column.queue'), cell: ({ queues }) => <Names names={queues} /> },
    {
      key: 'agent',
      head: t('column.agent'),
      cell: ({ agents, account, user }) => <Names names={agents.length > 0 ? agents : [account || user].filter(Boolean)} />,
    },
    { key: 'disposition', head: t('column.disposition'), phone: 'hide', cell: ({ disposition }) => <Outcome disposition={disposition} /> },
    {
      key: 'wait',
      head: t('column.wait'),
      align: 'end',
      cell: ({ wait, queues }) => (queues.length > 0 ? <Duration seconds={wait} /> : <Nothing />),
    },
    { key: 'talk', head: t('column.talk'), align: 'end', cell: ({ talk }) => (talk > 0 ? <Duration seconds={talk} /> : <Nothing />) },
    {
      key: 'recorded',
      head: '',
      width: 36,
      phone: 'hide',
      cell: ({ recorded }) =>
        recorded && (
          <Tooltip label={t('recorded')}>
            <IconMicrophone size={16} role="img" aria-label={t('recorded')} display="block" />
          </Tooltip>
        ),
    },
  ]
}

const Nothing = () => (
  <Text span inherit c="dimmed" aria-hidden>
    {'—'}
  </Text>
)

function Party({ number, name = '' }: { number: string; name?: string }) {
  const given = name.replace(/\D/g, '').slice(-10) === number.replace(/\D/g, '').slice(-10) ? '' : name
  return (
    <span>
      <span className="tabular">{phone(number) || <Nothing />}</span>
      {given && (
        <Text size="xs" c="dimmed">
          {given}
        </Text>
      )}
    </span>
  )
}

/** Names on a switch, without the domain that all have. */
function Names({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <Nothing />
  return <span title={names.join(', ')}>{names.map((name) => name.replace(/@default$/, '')).join(', ')}</span>
}

function Started({ call }: { call: Call }) {
  const words = useWords()
  const format = useFormat()
  const Way = call.direction === 'inbound' ? IconPhoneIncoming : IconPhoneOutgoing
  return (
    <Group gap={8} wrap="nowrap">
      <Tooltip label={words.direction(call.direction)}>
        <ThemeIcon variant="transparent" color="gray" size="sm" role="img" aria-label={words.direction(call.direction)}>
          <Way size={16} />
        </ThemeIcon>
      </Tooltip>
      <Anchor
        size="sm"
        className="tabular"
        renderRoot={(props) => <Link to="/calls/$id" params={{ id: call.uuid }} {...props} />}
        onClick={(event) => event.stopPropagation()}
      >
        {format.dateTime(call.started)}
      </Anchor>
      <Box hiddenFrom="sm" ml="auto">
        <Outcome disposition={call.disposition} />
      </Box>
    </Group>
  )
}
