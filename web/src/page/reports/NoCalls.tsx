import { Paper } from '@mantine/core'
import { IconChartBar } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Empty } from '~/part/Empty'

/** Says that a report has nothing to tell of the time that was asked for. */
export function NoCalls() {
  const { t } = useTranslation('reports')
  return (
    <Paper withBorder>
      <Empty icon={IconChartBar} title={t('empty.title')} text={t('empty.text')} />
    </Paper>
  )
}
