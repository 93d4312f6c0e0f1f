import { Alert } from '@mantine/core'
import { IconAlertTriangle, IconCloudOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useReach } from '~/api/reach'
import { useStreamSince, useStreamState } from '~/api/stream'
import { useFormat } from '~/text/format'

/** Says that the board may be wrong by now, and as of when it is right. */
export function Standing() {
  const { t } = useTranslation('overview')
  const format = useFormat()
  const state = useStreamState()
  const since = useStreamSince()
  const reach = useReach()
  const lost = state === 'lost' || !reach
  if (!lost && state !== 'stale') return null
  return (
    <Alert
      role="alert"
      color={lost ? 'red' : 'yellow'}
      variant="light"
      p="xs"
      icon={lost ? <IconCloudOff /> : <IconAlertTriangle />}
      title={t(lost ? 'standing.lost' : 'standing.stale')}
    >
      {since > 0 ? t('standing.since', { time: format.time(new Date(since)) }) : t('standing.unknown')}
    </Alert>
  )
}
