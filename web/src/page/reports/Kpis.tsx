import { Text } from '@mantine/core'
import { IconArrowDownRight, IconArrowUpRight, IconMinus } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Figure, Figures } from '~/part/Figures'
import { duration, localeOf, useFormat } from '~/text/format'
import style from './Kpis.module.css'

export interface Kpi {
  name: string
  /** What it means, in a sentence. */
  about?: string
  now: number | null
  before?: number | null | undefined
  kind: 'count' | 'percent' | 'seconds'
  /** Which way is the better one; neither without it. */
  better?: 'more' | 'less'
}

/** The figures of the whole time, each with how it was in the time before. */
export function Kpis({ all }: { all: readonly Kpi[] }) {
  const format = useFormat()
  const said = (kpi: Kpi, n: number | null) =>
    n === null
      ? '—'
      : kpi.kind === 'percent'
        ? format.percent(n / 100)
        : kpi.kind === 'seconds'
          ? duration(Math.round(n))
          : format.number(n)
  return (
    <Figures>
      {all.map((kpi) => (
        <Figure
          key={kpi.name}
          label={kpi.name}
          about={kpi.about}
          below={kpi.before !== undefined && <Change kpi={kpi} before={said(kpi, kpi.before)} />}
        >
          {said(kpi, kpi.now)}
        </Figure>
      ))}
    </Figures>
  )
}

function Change({ kpi, before }: { kpi: Kpi; before: string }) {
  const { t, i18n } = useTranslation('reports')
  const way = kpi.now === null || kpi.before === null || kpi.before === undefined ? 0 : Math.sign(kpi.now - kpi.before)
  const Arrow = way > 0 ? IconArrowUpRight : way < 0 ? IconArrowDownRight : IconMinus
  const tone = way === 0 || !kpi.better ? 'same' : way > 0 === (kpi.better === 'more') ? 'better' : 'worse'
  return (
    <dd className={style.change} data-tone={tone}>
      <Arrow size={14} aria-hidden />
      <span>{change(kpi, localeOf(i18n.language), t).replace('-', '−')}</span>
      <Text span size="xs" c="dimmed" className="tabular">
        {t('before', { value: before })}
      </Text>
    </dd>
  )
}

function change({ now, before, kind }: Kpi, language: string, t: TFunction<'reports'>): string {
  if (now === null || before === null || before === undefined) return ''
  const sign = new Intl.NumberFormat(language, { signDisplay: 'exceptZero', maximumFractionDigits: 1 })
  if (now === before) return ''
  if (kind === 'percent') return t('points', { value: sign.format(now - before) })
  if (kind === 'seconds') return `${now > before ? '+' : '−'}${duration(Math.abs(Math.round(now - before)))}`
  if (before === 0) return sign.format(now)
  return new Intl.NumberFormat(language, { signDisplay: 'exceptZero', style: 'percent', maximumFractionDigits: 0 }).format(
    (now - before) / before,
  )
}
