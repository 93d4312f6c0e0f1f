import { Button, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconSend } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Schema, tagged } from '~/api/client'
import { When } from '~/part/Ago'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { CursorPager } from '~/part/CursorPager'
import { DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Failed } from '~/part/Failed'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'
import { RemoveButton } from '~/part/RemoveButton'
import { StatusBadge, type Tone } from '~/part/StatusBadge'
import { useFormat } from '~/text/format'
import { ScheduleForm } from './ScheduleForm'

const route = getRouteApi('/shell/reports/schedules/$id')

/** One scheduled report: how it comes, and how it went. */
export default function Schedule() {
  const { t } = useTranslation('reports')
  const { id } = route.useParams()
  const query = useQuery({
    queryKey: ['reports', 'schedules', id],
    queryFn: () => tagged(client.GET('/report-schedules/{id}', { params: { path: { id } } })),
  })
  return (
    <>
      <BackLink to="/reports/schedules">{t('schedule.back')}</BackLink>
      <Loaded query={query}>
        {({ value, etag }) => <Whole key={etag} schedule={value} etag={etag} onReload={() => void query.refetch()} />}
      </Loaded>
    </>
  )
}

interface Props {
  schedule: Schema<'ReportSchedule'>
  etag: string
  onReload: () => void
}

function Whole({ schedule, etag, onReload }: Props) {
  const { t } = useTranslation('reports')
  const confirm = useConfirm()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const params = { path: { id: schedule.id } }
  const again = () => queries.invalidateQueries({ queryKey: ['reports', 'schedules'] })
  const run = useMutation({
    mutationFn: () => data(client.POST('/report-schedules/{id}/run', { params })),
    onSuccess: () => {
      notifications.show({ message: t('schedule.running') })
      return again()
    },
  })
  const remove = useMutation({
    mutationFn: () => data(client.DELETE('/report-schedules/{id}', { params: { ...params, header: ifMatch(etag) } })),
    onSuccess: async () => {
      await navigate({ to: '/reports/schedules', ignoreBlocker: true })
      queries.removeQueries({ queryKey: ['reports', 'schedules', schedule.id] })
      void again()
    },
  })
  const askToRemove = async () => {
    const yes = await confirm({
      title: t('schedule.removeTitle', { name: schedule.name }),
      text: t('schedule.removeText'),
      action: t('schedule.remove'),
      danger: true,
    })
    if (yes) remove.mutate()
  }
  return (
    <>
      <PageHead title={schedule.name} about={t('schedule.owned', { owner: schedule.owner })}>
        <RemoveButton loading={remove.isPending} onClick={() => void askToRemove()}>
          {t('schedule.remove')}
        </RemoveButton>
        <Button leftSection={<IconSend size={16} />} loading={run.isPending} onClick={() => run.mutate()}>
          {t('schedule.run')}
        </Button>
      </PageHead>
      <Stack gap="md">
        {run.isError && <ProblemNote failure={run.error} />}
        {remove.isError && <ProblemNote failure={remove.error} />}
        <Runs id={schedule.id} />
        <ScheduleForm
          first={{
            name: schedule.name,
            report: schedule.report,
            parameters: Object.fromEntries(Object.entries(schedule.parameters ?? {}).map(([key, all]) => [key, all ?? []])),
            format: schedule.format,
            period: schedule.period,
            every: schedule.every,
            weekday: schedule.weekday || 1,
            month_day: schedule.month_day || 1,
            at: schedule.at,
            zone: schedule.zone ?? '',
            to: schedule.to,
            active: schedule.active,
          }}
          save={(values) => data(client.PATCH('/report-schedules/{id}', { params: { ...params, header: ifMatch(etag) }, body: values }))}
          onSaved={() => {
            notifications.show({ message: t('schedule.saved') })
            void again()
          }}
          onCancel={() => void navigate({ to: '/reports/schedules' })}
          onReload={onReload}
        />
      </Stack>
    </>
  )
}

const tones: Readonly<Record<Schema<'ReportRun'>['state'], Tone>> = {
  waiting: 'wait',
  making: 'active',
  sending: 'active',
  sent: 'good',
  failed: 'bad',
  skipped: 'off',
}

// What the log says of a run while the settings name no mail server.
const noServer = 'no mail server is set'

/** How it went each time, the latest first. */
function Runs({ id }: { id: string }) {
  const { t } = useTranslation('reports')
  const format = useFormat()
  const query = useInfiniteQuery({
    queryKey: ['reports', 'schedules', id, 'runs'],
    queryFn: ({ pageParam }) =>
      data(
        client.GET('/report-schedules/{id}/runs', {
          params: { path: { id }, query: { limit: 10, ...(pageParam && { before: pageParam }) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    // One that goes on comes to its end soon.
    refetchInterval: ({ state }) =>
      state.data?.pages[0]?.runs.some((run) => ['waiting', 'making', 'sending'].includes(run.state)) ? 2000 : false,
  })
  const runs = query.data?.pages.flatMap((page) => page.runs) ?? []
  return (
    <Panel title={t('run.title')}>
      {query.isError && runs.length === 0 ? (
        <Failed failure={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <>
          <DataTable
            label={t('run.title')}
            rows={runs}
            id={({ due }) => due}
            empty={<Empty title={t('run.empty')} text={t('run.emptyText')} />}
            columns={[
              { key: 'due', head: t('run.due'), phone: 'title', cell: ({ due }) => <When at={due} /> },
              {
                key: 'state',
                head: t('run.state'),
                cell: ({ state }) => <StatusBadge tone={tones[state]}>{t(`run.is.${state}`)}</StatusBadge>,
              },
              { key: 'of', head: t('run.of'), cell: ({ first, last }) => (first === last ? day(first) : `${day(first)} – ${day(last)}`) },
              { key: 'by', head: t('run.by'), cell: ({ asked_by }) => asked_by || t('run.itself') },
              {
                key: 'what',
                head: t('run.what'),
                cell: ({ error, accepted, refused }) => (
                  <>
                    {accepted.length > 0 && <Text size="sm">{t('run.accepted', { count: accepted.length })}</Text>}
                    {error === noServer && <Text size="sm">{t('run.noServer')}</Text>}
                    {[error, ...refused]
                      .filter((text) => text !== '' && text !== noServer)
                      .map((text) => (
                        <Text key={text} size="sm" lang="en">
                          {text}
                        </Text>
                      ))}
                  </>
                ),
              },
            ]}
          />
          {runs.length > 0 && query.hasNextPage && <CursorPager query={query} shown={runs.length} />}
        </>
      )}
    </Panel>
  )

  function day(text: string) {
    return format.date(`${text}T12:00:00`)
  }
}
