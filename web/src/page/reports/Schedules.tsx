import { Anchor, Button, Text } from '@mantine/core'
import { IconMail, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { Ago } from '~/part/Ago'
import { DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { StatusBadge } from '~/part/StatusBadge'
import { useSession } from '~/session/session'
import { ReportTabs } from './Report'
import { useRhythm } from './rhythm'
import { reports } from './search'

/** The reports that come by mail. */
export default function Schedules() {
  const { t } = useTranslation('reports')
  const session = useSession()
  const navigate = useNavigate()
  const rhythm = useRhythm()
  const query = useQuery({ queryKey: ['reports', 'schedules'], queryFn: () => data(client.GET('/report-schedules')) })
  const add = (
    <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/reports/schedules/new" {...props} />}>
      {t('schedule.add')}
    </Button>
  )
  return (
    <>
      <PageHead title={t('title')} about={t('schedule.about')}>
        {session.may('reports', 'see') && add}
      </PageHead>
      <ReportTabs current="schedules" />
      <Loaded query={query}>
        {(all) => (
          <DataTable
            label={t('schedule.title')}
            rows={all ?? []}
            id={({ id }) => id}
            onRow={({ id }) => void navigate({ to: '/reports/schedules/$id', params: { id } })}
            sort={{ by: 'name', desc: false }}
            empty={
              <Empty icon={IconMail} title={t('schedule.empty')} text={t('schedule.emptyText')}>
                {session.may('reports', 'see') && add}
              </Empty>
            }
            columns={[
              {
                key: 'name',
                head: t('schedule.name'),
                phone: 'title',
                sort: ({ name }) => name,
                cell: ({ id, name }) => (
                  <Anchor
                    size="sm"
                    renderRoot={(props) => <Link to="/reports/schedules/$id" params={{ id }} {...props} />}
                    onClick={(event) => event.stopPropagation()}
                  >
                    {name}
                  </Anchor>
                ),
              },
              {
                key: 'report',
                head: t('schedule.report'),
                cell: ({ report, period }) => {
                  const known = reports.find((one) => one === report)
                  return `${known ? t(`report.${known}`) : report}, ${rhythm.period(period)}`
                },
              },
              { key: 'every', head: t('schedule.every'), cell: (schedule) => rhythm.every(schedule) },
              {
                key: 'to',
                head: t('schedule.to'),
                cell: ({ to }) => (
                  <Text span size="sm" title={to.join('\n')}>
                    {to.length > 1 ? t('schedule.toMore', { first: to[0], count: to.length - 1 }) : to[0]}
                  </Text>
                ),
              },
              { key: 'owner', head: t('schedule.owner'), cell: ({ owner }) => owner },
              {
                key: 'next',
                head: t('schedule.next'),
                cell: ({ active, next }) =>
                  active && next ? <Ago at={next} /> : <StatusBadge tone="off">{t('schedule.off')}</StatusBadge>,
              },
            ]}
          />
        )}
      </Loaded>
    </>
  )
}
