import { Select, Stack, Text } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { CursorPager } from '~/part/CursorPager'
import { type Column, DataTable } from '~/part/DataTable'
import { DayRange } from '~/part/DayRange'
import { Duration } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { projectLabel, useProjectNames } from '~/part/projects'
import { useSession } from '~/session/session'
import { moment, useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import { Back } from './Back'
import { startOf, usual } from './days'

const seconds = (from: string, to: string) => (moment(to).getTime() - moment(from).getTime()) / 1000

/** Calls that ended and of which no CDR came. */
export default function Gaps() {
  const { t } = useTranslation('system')
  const format = useFormat()
  const projects = useProjectNames()
  const search = useSearch({ from: '/shell/system/gaps' })
  const navigate = useNavigate()
  const go = (change: Partial<typeof search>) => void navigate({ to: '/system/gaps', search: { ...search, ...change }, replace: true })
  const { from, to } = { ...usual(), ...(search.from && { from: search.from }), ...(search.to && { to: search.to }) }
  const gaps = useInfiniteQuery({
    queryKey: ['system', 'gaps', from, to, search.switch],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      data(
        client.GET('/cdr-gaps', {
          params: {
            query: {
              from: startOf(from).toISOString(),
              to: startOf(to, 1).toISOString(),
              ...(search.switch && { switch: search.switch }),
              ...(pageParam && { cursor: pageParam }),
            },
          },
        }),
      ),
    getNextPageParam: (last) => last.next || undefined,
  })
  const session = useSession()
  const status = useQuery({
    queryKey: ['system', 'status'],
    queryFn: () => data(client.GET('/status')),
    enabled: session.may('system', 'see'),
    select: ({ switches }) => switches.map(({ name }) => name),
  })
  const names = status.data ?? (search.switch ? [search.switch] : [])
  const columns: Column<Schema<'Gap'>>[] = [
    { key: 'ended', head: t('gaps.ended'), cell: (row) => <When at={row.ended} />, sort: (row) => row.ended, phone: 'title' },
    {
      key: 'lasted',
      head: t('gaps.lasted'),
      align: 'end',
      cell: (row) => <Duration seconds={seconds(row.started, row.ended)} />,
      sort: (row) => seconds(row.started, row.ended),
    },
    {
      key: 'caller',
      head: t('gaps.caller'),
      cell: (row) => <span className="tabular">{phone(row.caller)}</span>,
      sort: (row) => row.caller,
    },
    {
      key: 'called',
      head: t('gaps.called'),
      cell: (row) => <span className="tabular">{phone(row.called)}</span>,
      sort: (row) => row.called,
    },
    { key: 'project', head: t('gaps.project'), cell: (row) => projectLabel(projects, row.project), sort: (row) => row.project },
    { key: 'queue', head: t('gaps.queue'), cell: (row) => row.queue, sort: (row) => row.queue },
    { key: 'switch', head: t('gaps.switch'), cell: (row) => row.switch, sort: (row) => row.switch },
    { key: 'cause', head: t('gaps.cause'), cell: (row) => row.cause, sort: (row) => row.cause },
  ]
  return (
    <>
      <Back />
      <PageHead title={t('gaps.title')} about={t('gaps.about')} />
      <FilterBar
        {...((search.from || search.to || search.switch) && {
          onReset: () => go({ from: undefined, to: undefined, switch: undefined }),
        })}
      >
        <DayRange value={{ from, to }} onChange={go} />
        {names.length > 0 && (
          <Select
            label={t('gaps.switch')}
            data={[{ value: '', label: t('gaps.all') }, ...names]}
            value={search.switch ?? ''}
            allowDeselect={false}
            onChange={(name) => go({ switch: name || undefined })}
          />
        )}
      </FilterBar>
      <Loaded query={gaps}>
        {({ pages }) => {
          const rows = pages.flatMap((one) => one.gaps)
          return (
            <>
              <DataTable
                label={t('gaps.title')}
                columns={columns}
                rows={rows}
                id={(row) => `${row.core_uuid} ${row.uuid}`}
                empty={<Empty icon={IconCircleCheck} title={t('gaps.none')} text={t('gaps.noneText')} />}
              />
              <Stack gap={2} mt="sm">
                {pages[0]?.watched.map((one) => (
                  <Text key={one.switch} size="xs" c="dimmed">
                    {one.since
                      ? t('gaps.watched', { name: one.switch, at: format.dateTime(one.since) })
                      : t('gaps.unwatched', { name: one.switch })}
                  </Text>
                ))}
              </Stack>
              {rows.length > 0 && <CursorPager query={gaps} shown={rows.length} />}
            </>
          )
        }}
      </Loaded>
    </>
  )
}
