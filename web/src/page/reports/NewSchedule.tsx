import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { BackLink } from '~/part/BackLink'
import { browserZone } from '~/part/days'
import { PageHead } from '~/part/PageHead'
import { ScheduleForm, type ScheduleValues } from './ScheduleForm'
import { fields, type ReportSearch, reports } from './search'

const route = getRouteApi('/shell/reports/schedules/new')

/** Has a report come by mail: the one that was just looked at, with what it was asked for by. */
export default function NewSchedule() {
  const { t } = useTranslation('reports')
  const { report: named, ...search } = route.useSearch()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const report = reports.find((one) => one === named) ?? 'centre'
  const first: ScheduleValues = {
    name: t(`report.${report}`),
    report,
    parameters: parametersOf(search, fields[report]),
    format: 'xlsx',
    period: 'yesterday',
    every: 'daily',
    weekday: 1,
    month_day: 1,
    at: '08:00',
    zone: search.zone ?? browserZone(),
    to: [],
    active: true,
  }
  return (
    <>
      <BackLink to="/reports/schedules">{t('schedule.back')}</BackLink>
      <PageHead title={t('schedule.new')} about={t('schedule.newAbout')} />
      <ScheduleForm
        first={first}
        fresh
        save={(values) => data(client.POST('/report-schedules', { body: values }))}
        onSaved={({ id }) => {
          void queries.invalidateQueries({ queryKey: ['reports', 'schedules'] })
          void navigate({ to: '/reports/schedules/$id', params: { id } })
        }}
        onCancel={() => void navigate({ to: '/reports/schedules' })}
      />
    </>
  )
}

/** What a report is asked for by, in the form of the API's parameters. */
function parametersOf(search: ReportSearch, known: readonly (keyof ReportSearch)[]): Record<string, string[]> {
  const kept = [...known.filter((key) => key !== 'zone'), 'project', 'compare'] as (keyof ReportSearch)[]
  return Object.fromEntries(
    kept.flatMap((key) => {
      const value = search[key]
      return value === undefined ? [] : [[key, Array.isArray(value) ? value : [String(value)]]]
    }),
  )
}
