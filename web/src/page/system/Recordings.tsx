import { useInfiniteQuery } from '@tanstack/react-query'
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
import { StatusBadge, type Tone } from '~/part/StatusBadge'
import { useFormat } from '~/text/format'
import { Back } from './Back'
import { startOf, usual } from './days'

type Recording = Schema<'Recording'>

const tones: Readonly<Record<Recording['state'], Tone>> = {
  recording: 'active',
  closed: 'wait',
  complete: 'good',
  uploading: 'active',
  uploaded: 'good',
  empty: 'off',
  lost: 'bad',
  deleted: 'off',
}

/** What became of the recordings of some days. */
export default function Recordings() {
  const { t } = useTranslation('system')
  const format = useFormat()
  const projects = useProjectNames()
  const search = useSearch({ from: '/shell/system/recordings' })
  const navigate = useNavigate()
  const go = (change: Partial<typeof search>) =>
    void navigate({ to: '/system/recordings', search: { ...search, ...change }, replace: true })
  const { from, to } = { ...usual(), ...(search.from && { from: search.from }), ...(search.to && { to: search.to }) }
  const recordings = useInfiniteQuery({
    queryKey: ['system', 'recordings', from, to],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      data(
        client.GET('/recordings', {
          params: {
            query: {
              from: startOf(from).getTime() / 1000,
              to: startOf(to, 1).getTime() / 1000,
              ...(pageParam && { cursor: pageParam }),
            },
          },
        }),
      ),
    getNextPageParam: (last) => last.next || undefined,
  })
  const columns: Column<Recording>[] = [
    { key: 'started', head: t('recordings.started'), cell: (row) => <When at={row.started} />, sort: (row) => row.started, phone: 'title' },
    {
      key: 'state',
      head: t('recordings.state'),
      cell: (row) => <StatusBadge tone={tones[row.state]}>{t(`recordings.is.${row.state}`)}</StatusBadge>,
      sort: (row) => row.state,
    },
    {
      key: 'duration',
      head: t('recordings.duration'),
      align: 'end',
      cell: (row) => row.duration > 0 && <Duration seconds={row.duration} />,
      sort: (row) => row.duration,
    },
    {
      key: 'size',
      head: t('recordings.size'),
      align: 'end',
      cell: (row) => row.size > 0 && format.bytes(row.size),
      sort: (row) => row.size,
    },
    { key: 'project', head: t('recordings.project'), cell: (row) => projectLabel(projects, row.project), sort: (row) => row.project },
    {
      key: 'where',
      head: t('recordings.where'),
      cell: (row) => row.where?.map((one) => (one === 's3' ? t('recordings.s3') : t('recordings.folder'))).join(', '),
    },
    { key: 'switch', head: t('recordings.switch'), cell: (row) => row.switch, sort: (row) => row.switch, phone: 'hide' },
    { key: 'name', head: t('recordings.name'), cell: (row) => row.name, phone: 'hide' },
  ]
  return (
    <>
      <Back />
      <PageHead title={t('recordings.title')} about={t('recordings.about')} />
      <FilterBar {...((search.from || search.to) && { onReset: () => go({ from: undefined, to: undefined }) })}>
        <DayRange value={{ from, to }} onChange={go} />
      </FilterBar>
      <Loaded query={recordings}>
        {({ pages }) => {
          const rows = pages.flatMap((one) => one.recordings ?? [])
          return (
            <>
              <DataTable
                label={t('recordings.title')}
                columns={columns}
                rows={rows}
                id={(row) => `${row.uuid} ${row.started}`}
                empty={<Empty title={t('recordings.none')} text={t('recordings.noneText')} />}
              />
              {rows.length > 0 && <CursorPager query={recordings} shown={rows.length} />}
            </>
          )
        }}
      </Loaded>
    </>
  )
}
