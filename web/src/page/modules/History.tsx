import { Select, Text } from '@mantine/core'
import { IconClock, IconHistory } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { BackLink } from '~/part/BackLink'
import { CursorPager } from '~/part/CursorPager'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { projectLabel, useProjectNames } from '~/part/projects'
import { StatusBadge } from '~/part/StatusBadge'
import { useWording } from '~/text/wording'
import { modulesQuery } from './query'
import { whole } from './state'
import { useMinute } from './time'

type Change = Schema<'ModuleChange'>

/** Who switched what and when. */
export default function History() {
  const { t } = useTranslation('modules')
  const search = useSearch({ from: '/shell/modules/history' })
  const navigate = useNavigate({ from: '/modules/history' })
  const wording = useWording()
  const projects = useProjectNames()
  const { data: modules = [] } = useQuery(modulesQuery)
  const query = useInfiniteQuery({
    queryKey: ['modules', 'history', search],
    queryFn: ({ pageParam }) =>
      data(
        client.GET('/modules/history', {
          params: {
            query: {
              limit: 50,
              ...(pageParam && { cursor: pageParam }),
              ...(search.module && search.action && { module: search.module, action: search.action }),
              ...(search.project && { project: search.project }),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    staleTime: 0,
  })
  const titleOf = ({ module, action }: Pick<Change, 'module' | 'action'>) => {
    const known = modules.find((one) => one.module === module)
    const part = known?.actions.find((one) => one.action === action)
    return { module: known ? wording(known.title) : module, action: action === whole ? '' : part ? wording(part.title) : action }
  }
  const columns: readonly Column<Change>[] = [
    {
      key: 'what',
      head: t('history.what'),
      phone: 'title',
      cell: (change) => {
        const { module, action } = titleOf(change)
        return (
          <>
            <Text size="sm" fw={500}>
              {action || module}
            </Text>
            <Text size="xs" c="dimmed" fw={400} lineClamp={1} title={module}>
              {action ? module : t('history.whole')}
            </Text>
          </>
        )
      },
    },
    { key: 'change', head: t('history.change'), cell: (change) => <Deed {...change} />, width: 300 },
    {
      key: 'project',
      head: t('scope'),
      cell: ({ project }) => (project ? projectLabel(projects, project) : t('forAll')),
      width: 200,
    },
    {
      key: 'login',
      head: t('history.login'),
      cell: ({ login }) => (login === 'command line' ? t('history.commandLine') : login),
      width: 160,
    },
    { key: 'at', head: t('history.at'), cell: ({ at }) => <When at={at} />, width: 190 },
  ]
  const options = modules.map((module) => ({
    group: wording(module.title),
    items: [
      { value: `${module.module}/${whole}`, label: t('history.wholeOf', { title: wording(module.title) }) },
      ...module.actions
        .filter((action) => action.switchable)
        .map((action) => ({ value: `${module.module}/${action.action}`, label: wording(action.title) })),
    ],
  }))
  const filtered = search.module !== undefined
  return (
    <>
      <BackLink to="/modules">{t('title')}</BackLink>
      <PageHead title={t('history.title')} about={t('history.about')}></PageHead>
      <FilterBar onReset={filtered ? () => void navigate({ search: {} }) : undefined}>
        <Select
          label={t('history.what')}
          placeholder={t('history.everything')}
          data={options}
          value={search.module && search.action ? `${search.module}/${search.action}` : null}
          onChange={(value) => {
            const [module, action] = value?.split('/') ?? []
            void navigate({ search: { module, action, project: module && search.project } })
          }}
          clearable
          clearButtonProps={{ 'aria-label': t('history.everything') }}
          searchable
          nothingFoundMessage={t('nothing.found')}
          w={{ base: '100%', xs: 380 }}
        />
        {filtered && projects.length > 0 && (
          <Select
            label={t('scope')}
            data={[{ value: '', label: t('forAll') }, ...projects.map(({ id }) => ({ value: id, label: projectLabel(projects, id) }))]}
            value={search.project ?? ''}
            allowDeselect={false}
            onChange={(value) => void navigate({ search: { ...search, project: value || undefined } })}
            w={{ base: '100%', xs: 280 }}
          />
        )}
      </FilterBar>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap(({ changes }) => changes)
          return (
            <>
              <DataTable
                label={t('history.title')}
                columns={columns}
                rows={rows}
                id={({ id }) => String(id)}
                empty={<Empty icon={IconHistory} title={t('history.empty')} text={t('history.emptyAbout')} />}
              />
              {rows.length > 0 && <CursorPager query={query} shown={rows.length} />}
            </>
          )
        }}
      </Loaded>
    </>
  )
}

/** What was done: how it was, and how it is then. */
function Deed({ before, after }: Change) {
  const { t } = useTranslation('modules')
  const minute = useMinute()
  const [was, is] = [before?.on ?? true, after?.on ?? true]
  const next = after?.next
  const planned = (state: Schema<'SwitchState'>) =>
    t(state.on ? 'history.willBeOn' : 'history.willBeOff', { time: state.from ? minute(state.from) : '' })
  if (was === is && next) return <Planned>{planned(next)}</Planned>
  if (was === is && before?.next) return <Planned>{t('history.forgotten', { what: planned(before.next) })}</Planned>
  return <StatusBadge tone={is ? 'good' : 'bad'}>{is ? t('state.on') : t('state.off')}</StatusBadge>
}

const Planned = ({ children }: { children: string }) => (
  <span>
    <IconClock size={14} aria-hidden style={{ verticalAlign: '-2px' }} /> {children}
  </span>
)
