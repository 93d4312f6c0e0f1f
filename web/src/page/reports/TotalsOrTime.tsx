import { Group, SegmentedControl } from '@mantine/core'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

const route = getRouteApi('/shell/reports/$report')

/** Whether the table has the whole time in a row, or each stretch of it. */
export function TotalsOrTime({ totals }: { totals: string }) {
  const { t } = useTranslation('reports')
  const { report } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  return (
    <Group>
      <SegmentedControl
        aria-label={t('view.label')}
        value={search.view ?? 'totals'}
        onChange={(next) =>
          void navigate({
            to: '/reports/$report',
            params: { report },
            search: { ...search, view: next === 'time' ? 'time' : undefined },
            replace: true,
            resetScroll: false,
          })
        }
        data={[
          { value: 'totals', label: totals },
          { value: 'time', label: t('view.time') },
        ]}
      />
    </Group>
  )
}
