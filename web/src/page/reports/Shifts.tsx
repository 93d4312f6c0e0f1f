import '@mantine/charts/styles.css'
import { BarChart } from '@mantine/charts'
import { useReducedMotion } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { duration } from '~/text/format'
import style from './Trend.module.css'

const states = [
  { key: 'busy', color: 'brand.6' },
  { key: 'ringing', color: 'brand.3' },
  { key: 'ready', color: 'green.6' },
  { key: 'not_ready', color: 'orange.5' },
  { key: 'paused', color: 'yellow.5' },
  { key: 'unknown', color: 'gray.5' },
] as const

/** What each agent did with his time. */
export default function Shifts({ label, rows }: { label: string; rows: readonly Schema<'AgentRow'>[] }) {
  const { t } = useTranslation('reports')
  const still = useReducedMotion()
  const shown = rows.filter(({ logged_in, unknown }) => logged_in + unknown > 0).toSorted((a, b) => b.logged_in - a.logged_in)
  return (
    <figure className={style.figure} aria-label={label}>
      <BarChart
        h={Math.max(200, shown.length * 28 + 70)}
        data={shown.map((row) => ({ ...row, agent: row.agent.replace(/@default$/, '') }))}
        dataKey="agent"
        orientation="vertical"
        type="stacked"
        gridAxis="x"
        withLegend
        legendProps={{ verticalAlign: 'bottom' }}
        series={states
          .filter(({ key }) => shown.some((row) => row[key] > 0))
          .map(({ key, color }) => ({ name: key, label: t(`state.${key}`), color }))}
        valueFormatter={duration}
        barProps={{ isAnimationActive: !still, barSize: 16 }}
        xAxisProps={{ tickFormatter: (value: number) => duration(value) }}
        yAxisProps={{ width: 90, interval: 0 }}
        tooltipProps={{ isAnimationActive: false }}
      />
    </figure>
  )
}
