import { Box, Group, SegmentedControl, Text, Tooltip } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, type Schema } from '~/api/client'
import { Loaded } from '~/part/Loaded'
import { Panel } from '~/part/Panel'
import { localeOf, useFormat } from '~/text/format'
import { fetched } from './fetched'
import style from './HeatMap.module.css'
import { Kpis } from './Kpis'
import { NoCalls } from './NoCalls'
import { asked } from './search'
import { useCells, useService } from './service'
import type { ViewProps } from './views'

type Row = Schema<'HeatRow'>

const metrics = ['calls', 'abandonRate', 'serviceLevel', 'wait'] as const
type Metric = (typeof metrics)[number]

const weekdays = [1, 2, 3, 4, 5, 6, 7]
const hours = Array.from({ length: 24 }, (_, hour) => hour)

/** Calls by weekday and hour: the darker, the more. */
export default function HeatMap({ search }: ViewProps) {
  const { t, i18n } = useTranslation('reports')
  const format = useFormat()
  const cells = useCells()
  const narrow = useMediaQuery('(max-width: 48em)') ?? false
  const [metric, setMetric] = useState<Metric>('calls')
  const question = asked('heatmap', search)
  const query = useQuery({
    queryKey: ['reports', 'heatmap', question],
    queryFn: () => fetched(client.GET('/reports/heatmap', { params: { query: question } })),
    placeholderData: keepPreviousData,
  })
  const service = useService<Row>()
  const ofQueues = question.queue !== undefined
  const value = (row: Row): number | null => {
    switch (metric) {
      case 'calls':
        return (ofQueues ? row.offered : row.inbound) / row.times
      case 'abandonRate':
        return row.abandon_rate
      case 'serviceLevel':
        return row.service_level === null ? null : 100 - row.service_level
      case 'wait':
        return row.average_wait
    }
  }
  const said = (row: Row): string => {
    switch (metric) {
      case 'calls':
        return format.number(Math.round(10 * (value(row) ?? 0)) / 10)
      case 'abandonRate':
        return cells.percent(row.abandon_rate)
      case 'serviceLevel':
        return cells.percent(row.service_level)
      case 'wait':
        return cells.seconds(row.average_wait)
    }
  }
  const dayName = (weekday: number, width: 'short' | 'long') =>
    new Intl.DateTimeFormat(localeOf(i18n.language), { weekday: width, timeZone: 'UTC' }).format(Date.UTC(2024, 0, weekday))
  const hourName = (hour: number) => `${String(hour).padStart(2, '0')}:00`
  return (
    <Loaded query={query}>
      {({ total, previous, rows, threshold }) => {
        if (rows.every((row) => row.inbound === 0 && row.offered === 0)) return <NoCalls />
        const found = new Map(rows.map((row) => [`${row.weekday} ${row.hour}`, row]))
        const most = Math.max(...rows.map((row) => value(row) ?? 0), metric === 'calls' || metric === 'wait' ? 0 : 1)
        const cell = (weekday: number, hour: number) => {
          const row = found.get(`${weekday} ${hour}`)
          if (!row || (metric !== 'calls' && row.offered === 0) || (value(row) ?? 0) === 0) {
            return (
              <Box
                component="td"
                key={`${weekday} ${hour}`}
                className={style.cell}
                data-none={!row || undefined}
                aria-label={row ? said(row) : t('heat.never')}
              />
            )
          }
          const heat = (value(row) ?? 0) / most
          const what = t('heat.cell', {
            day: dayName(weekday, 'long'),
            hour: hourName(hour),
            calls: format.number(ofQueues ? row.offered : row.inbound),
            answered: format.number(row.answered),
            abandoned: format.number(row.abandoned),
            level: cells.percent(row.service_level),
            wait: cells.seconds(row.average_wait),
          })
          return (
            <Tooltip key={`${weekday} ${hour}`} label={what} multiline w={240} style={{ whiteSpace: 'pre-line' }}>
              <Box
                component="td"
                className={style.cell}
                __vars={{ '--heat': `${Math.round(15 + 85 * heat)}%` }}
                data-heat={heat > (metric === 'calls' ? 0.75 : 0.82) ? 'high' : heat > 0.4 ? 'some' : undefined}
                data-metric={metric}
              >
                {said(row)}
              </Box>
            </Tooltip>
          )
        }
        return (
          <>
            <Kpis all={service.kpis(total, previous?.total, threshold)} />
            <Panel
              title={t('chart.heatmap')}
              about={t(`heat.about.${metric}`)}
              actions={
                <SegmentedControl
                  aria-label={t('heat.metric')}
                  value={metric}
                  onChange={(next) => setMetric(metrics.find((one) => one === next) ?? 'calls')}
                  data={metrics.map((one) => ({ value: one, label: t(`heat.${one}`) }))}
                />
              }
            >
              <table className={style.table}>
                <thead>
                  <tr>
                    <td />
                    {narrow
                      ? weekdays.map((weekday) => (
                          <th key={weekday} scope="col">
                            {dayName(weekday, 'short')}
                          </th>
                        ))
                      : hours.map((hour) => (
                          <th key={hour} scope="col">
                            {hour}
                          </th>
                        ))}
                  </tr>
                </thead>
                <tbody>
                  {narrow
                    ? hours.map((hour) => (
                        <tr key={hour}>
                          <th scope="row">{hourName(hour)}</th>
                          {weekdays.map((weekday) => cell(weekday, hour))}
                        </tr>
                      ))
                    : weekdays.map((weekday) => (
                        <tr key={weekday}>
                          <th scope="row">{dayName(weekday, 'short')}</th>
                          {hours.map((hour) => cell(weekday, hour))}
                        </tr>
                      ))}
                </tbody>
              </table>
              <Group mt="xs">
                <Text size="xs" c="dimmed">
                  {t('heat.zone', { zone: question.zone })}
                </Text>
              </Group>
            </Panel>
          </>
        )
      }}
    </Loaded>
  )
}
