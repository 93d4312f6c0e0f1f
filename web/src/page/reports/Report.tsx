import { Box, Button, NativeSelect, Stack } from '@mantine/core'
import { IconMail } from '@tabler/icons-react'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { base } from '~/api/client'
import { DownloadMenu } from '~/part/Download'
import { PageHead } from '~/part/PageHead'
import { PageTabs } from '~/part/PageTabs'
import { asQuery } from '~/part/search'
import { useSession } from '~/session/session'
import { NotFound } from '~/shell/NotFound'
import { ReportFilters } from './ReportFilters'
import { asked, fields, intervalShown, type ReportName, type ReportSearch, reports } from './search'

const route = getRouteApi('/shell/reports/$report')

/** One of the reports: what it is asked for by, its figures, charts and table. */
export default function Report() {
  const { t } = useTranslation('reports')
  const session = useSession()
  const { report: named } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const View = route.useLoaderData()
  const name = reports.find((one) => one === named)
  if (!name || !View) return <NotFound />
  const interval = fields[name].includes('interval') ? { interval: search.view === 'time' ? intervalShown(search) : 'whole' } : {}
  return (
    <>
      <PageHead title={t('title')} about={t(`about.${name}`)}>
        {session.may('reports', 'schedule') && (
          <Button
            variant="default"
            leftSection={<IconMail size={16} />}
            renderRoot={(props) => <Link to="/reports/schedules/new" search={{ ...search, report: name }} {...props} />}
          >
            {t('schedule.make')}
          </Button>
        )}
        <DownloadMenu path={(format) => `${base}/reports/${name}?${asQuery({ ...asked(name, search), ...interval, format })}`} />
      </PageHead>
      <ReportTabs current={name} search={search} />
      <ReportFilters
        name={name}
        search={search}
        onChange={(next) => void navigate({ to: '/reports/$report', params: { report: name }, search: next })}
      />
      <Stack gap="md">
        <View search={search} />
      </Stack>
    </>
  )
}

/** The reports side by side, and what is sent by mail. */
export function ReportTabs({ current, search = {} }: { current: ReportName | 'schedules'; search?: ReportSearch }) {
  const { t } = useTranslation('reports')
  const session = useSession()
  const navigate = useNavigate()
  const tabs = [
    ...(session.may('reports', 'see') ? reports.map((value) => ({ value: value as string, label: t(`report.${value}`) })) : []),
    ...(session.may('reports', 'schedule') ? [{ value: 'schedules', label: t('schedule.title') }] : []),
  ]
  const go = (next: string | null) => {
    const report = reports.find((one) => one === next)
    void (report ? navigate({ to: '/reports/$report', params: { report }, search }) : navigate({ to: '/reports/schedules' }))
  }
  return (
    <>
      <NativeSelect
        hiddenFrom="sm"
        mb="md"
        aria-label={t('schedule.report')}
        data={tabs}
        value={current}
        onChange={(event) => go(event.currentTarget.value)}
      />
      <Box visibleFrom="sm">
        <PageTabs
          label={t('title')}
          tabs={tabs.map(({ value, label }) => ({
            ...(value === 'schedules' ? { to: '/reports/schedules' } : { to: '/reports/$report', params: { report: value }, search }),
            label,
            current: value === current,
          }))}
        />
      </Box>
    </>
  )
}
