import { Anchor, Button, MultiSelect, Text } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
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
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import { MessageDrawer } from './MessageDrawer'
import style from './Messages.module.css'
import { SmsHead } from './SmsHead'
import { StateBadge } from './StateBadge'
import { restOf, type State, states } from './states'

const route = getRouteApi('/shell/sms/messages')

export default function Messages() {
  const { t } = useTranslation('sms')
  const session = useSession()
  const format = useFormat()
  const projects = useProjectNames()
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/sms/messages' })
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })

  const { id, ...filter } = search
  const { from, to } = { ...daysOf('last7'), ...(filter.from && filter.to && { from: filter.from, to: filter.to }) }
  const query = useInfiniteQuery({
    queryKey: ['sms', 'messages', filter, from, to],
    queryFn: ({ pageParam }) => data(client.GET('/sms/messages', { params: { query: asked(filter, from, to, pageParam) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    refetchInterval: ({ state }) => (state.data?.pages.length === 1 ? restOf(state.data.pages[0]?.messages ?? []) : false),
  })

  const columns: Column<Schema<'Text'>>[] = [
    { key: 'at', head: t('column.at'), width: 180, cell: (message) => <When at={message.at} /> },
    {
      key: 'phone',
      head: t('column.phone'),
      width: 150,
      phone: 'title',
      cell: (message) => (
        <Anchor component="button" type="button" size="sm" className="tabular" onClick={() => set({ id: message.id })}>
          {phone(message.number || message.phone)}
        </Anchor>
      ),
    },
    { key: 'text', head: t('column.text'), cell: (message) => <span className={style.text}>{message.text}</span> },
    ...(projects.length > 0
      ? [{ key: 'project', head: t('column.project'), cell: (message: Schema<'Text'>) => projectLabel(projects, message.project) }]
      : []),
    { key: 'parts', head: t('column.parts'), align: 'end', cell: (message) => format.number(message.parts) },
    { key: 'provider', head: t('column.provider'), cell: (message) => message.provider },
    { key: 'state', head: t('column.state'), width: 170, cell: (message) => <StateBadge state={message.state} /> },
  ]

  const filtered = Boolean(filter.from || filter.state || filter.project || filter.phone || filter.provider)
  return (
    <>
      <SmsHead about={t('messages.about')}>
        {session.may('sms', 'send') && (
          <Button renderRoot={(props) => <Link to="/sms/send" {...props} />} leftSection={<IconSend size={16} />}>
            {t('send.title')}
          </Button>
        )}
      </SmsHead>
      <FilterBar
        onReset={
          filtered
            ? () => set({ from: undefined, to: undefined, state: undefined, project: undefined, phone: undefined, provider: undefined })
            : undefined
        }
      >
        <DayRange value={{ from, to }} onChange={set} />
        <MultiSelect
          label={t('column.state')}
          data={states.map((state) => ({ value: state, label: t(`state.${state}`) }))}
          value={filter.state ?? []}
          onChange={(chosen) => set({ state: chosen.length > 0 ? (chosen as State[]) : undefined })}
          placeholder={filter.state ? '' : t('filter.any')}
          clearable
          w={200}
        />
        {projects.length > 1 && (
          <MultiSelect
            label={t('column.project')}
            data={projects.map((project) => ({ value: project.id, label: projectLabel(projects, project.id) }))}
            value={filter.project ?? []}
            onChange={(chosen) => set({ project: chosen.length > 0 ? chosen : undefined })}
            placeholder={filter.project ? '' : t('filter.any')}
            clearable
            w={200}
          />
        )}
        {session.seesNumbers && <TextFilter label={t('column.phone')} value={filter.phone} onChange={(phone) => set({ phone })} />}
        <TextFilter label={t('column.provider')} value={filter.provider} onChange={(provider) => set({ provider })} width={130} />
      </FilterBar>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.messages)
          return (
            <>
              <DataTable
                label={t('tab.messages')}
                columns={columns}
                rows={rows}
                id={(message) => String(message.id)}
                onRow={(message) => set({ id: message.id })}
                empty={
                  <Empty title={t('messages.empty')} text={filtered ? t('messages.emptyFiltered') : t('messages.emptyText')}>
                    {!filtered && session.may('sms', 'send') && (
                      <Button renderRoot={(props) => <Link to="/sms/send" {...props} />}>{t('send.action')}</Button>
                    )}
                  </Empty>
                }
              />
              {rows.length > 0 && <CursorPager query={query} shown={rows.length} />}
            </>
          )
        }}
      </Loaded>
      <MessageDrawer id={id} projects={projects} onClose={() => set({ id: undefined })} />
      {!session.seesNumbers && (
        <Text size="xs" c="dimmed" mt="md">
          {t('messages.masked')}
        </Text>
      )}
    </>
  )
}

interface Filter {
  state?: State[] | undefined
  project?: string[] | undefined
  phone?: string | undefined
  provider?: string | undefined
}

const asked = ({ state, project, phone, provider }: Filter, from: string, to: string, cursor: string) => ({
  from,
  to,
  zone: browserZone(),
  ...(state && { state }),
  ...(project && { project }),
  ...(phone && { phone }),
  ...(provider && { provider }),
  ...(cursor && { cursor }),
})
