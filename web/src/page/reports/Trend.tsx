import '@mantine/charts/styles.css'
import { CompositeChart } from '@mantine/charts'
import { Text } from '@mantine/core'
import { useReducedMotion } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import { useFormat } from '~/text/format'
import style from './Trend.module.css'

export interface Series {
  name: string
  label: string
  color: string
  /** Bars stand on each other; lines are of the other axis if they are shares. */
  type: 'bar' | 'line' | 'share'
}

interface Props {
  label: string
  data: Record<string, string | number | null>[]
  series: readonly Series[]
}

/** Figures over time; the table below has them as text. */
export function Trend({ label, data, series }: Props) {
  const { t } = useTranslation('reports')
  const format = useFormat()
  const still = useReducedMotion()
  const shares = series.some(({ type }) => type === 'share')
  if (data.length > 750) {
    return (
      <Text size="sm" c="dimmed">
        {t('tooMany')}
      </Text>
    )
  }
  return (
    <figure className={style.figure} aria-label={label}>
      <CompositeChart
        h={280}
        data={data}
        dataKey="span"
        withLegend
        legendProps={{ verticalAlign: 'bottom' }}
        series={series.map(({ name, label: said, color, type }) => ({
          name,
          label: said,
          color,
          type: type === 'bar' ? 'bar' : 'line',
          ...(type === 'share' && { yAxisId: 'right' }),
          ...(type === 'line' && { strokeDasharray: '5 4' }),
        }))}
        withRightYAxis={shares}
        yAxisProps={{ allowDecimals: false, width: 44 }}
        rightYAxisProps={{ domain: [0, 100], width: 48, tickFormatter: (share: number) => format.percent(share / 100) }}
        xAxisProps={{ minTickGap: 16 }}
        valueFormatter={(value) => format.number(value)}
        barProps={{ stackId: 'bars', isAnimationActive: !still, maxBarSize: 44 }}
        lineProps={{ isAnimationActive: !still }}
        withDots={data.length <= 62}
        curveType="linear"
        tooltipProps={{ isAnimationActive: false }}
      />
    </figure>
  )
}
