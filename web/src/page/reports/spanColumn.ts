import { useTranslation } from 'react-i18next'
import type { Column } from '~/part/DataTable'
import { localeOf } from '~/text/format'
import type { Interval } from './search'
import { spanName } from './spans'

/** The column that says which stretch of the time a row is of, in a zone. */
export function useSpanColumn(interval: Interval) {
  const { t, i18n } = useTranslation('reports')
  return <R extends { from: string }>(zone: string): Column<R> => ({
    key: 'from',
    head: t('span'),
    phone: 'title',
    sort: ({ from }) => Date.parse(from),
    cell: ({ from }) => spanName(from, interval, zone, localeOf(i18n.language)),
  })
}
