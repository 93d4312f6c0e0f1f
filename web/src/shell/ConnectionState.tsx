import { Group, Text, Tooltip } from '@mantine/core'
import { IconCloudOff, IconPointFilled } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { useReach } from '~/api/reach'
import { useStreamSince, useStreamState } from '~/api/stream'
import { useFormat } from '~/text/format'
import style from './ConnectionState.module.css'

/** Says whether what is shown is as it is: nothing to say where all is well and nothing is live. */
export function ConnectionState() {
  const { t } = useTranslation()
  const format = useFormat()
  const reach = useReach()
  const stream = useStreamState()
  const since = useStreamSince()
  const queries = useQueryClient()
  useEffect(() => {
    if (reach) return
    const timer = window.setInterval(() => {
      // What could not be had meanwhile is asked for again.
      const again = () => queries.refetchQueries({ predicate: ({ state }) => state.status === 'error' })
      data(client.GET('/session')).then(again, () => {})
    }, 3000)
    return () => window.clearInterval(timer)
  }, [reach, queries])
  const state = !reach || stream === 'lost' ? 'lost' : stream === 'stale' ? 'stale' : stream === 'live' ? 'live' : undefined
  return (
    <div role="status" aria-live="polite">
      {state && (
        <Tooltip label={since > 0 ? t('connection.since', { time: format.time(new Date(since)) }) : t(`connection.${state}About`)}>
          <Group gap={4} wrap="nowrap" className={style.state} data-state={state}>
            {state === 'lost' ? <IconCloudOff size={16} aria-hidden /> : <IconPointFilled size={16} aria-hidden />}
            <Text size="sm" component="span" visibleFrom={state === 'live' ? 'sm' : 'xs'} inherit>
              {t(`connection.${state}`)}
            </Text>
          </Group>
        </Tooltip>
      )}
    </div>
  )
}
