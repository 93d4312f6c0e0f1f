import { Alert, Button, Group, Text } from '@mantine/core'
import { IconDownload, IconInfoCircle, IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { base, client, data, type Schema } from '~/api/client'
import { isProblem } from '~/api/problem'
import { useDownload } from '~/part/Download'
import { Failed } from '~/part/Failed'
import { Panel } from '~/part/Panel'
import { useSession } from '~/session/session'
import { duration, useFormat } from '~/text/format'
import style from './Recording.module.css'

const Player = lazy(() => import('./Player'))

const ready = ['complete', 'uploading', 'uploaded'] as const
const coming = ['recording', 'closed'] as const

/** What was recorded of a call: a player where it can be heard, else why not. */
export function Recording({ call }: { call: Schema<'WholeCall'> }) {
  const { t } = useTranslation('calls')
  const format = useFormat()
  const session = useSession()
  const { busy, save } = useDownload()
  const path = { path: { id: call.uuid } }
  const query = useQuery({
    queryKey: ['calls', 'recording', call.uuid],
    queryFn: () => data(client.GET('/calls/{id}/recording', { params: path })),
    enabled: session.hearsRecordings,
    // It becomes whole some seconds after the call.
    refetchInterval: ({ state }) => (coming.some((one) => one === state.data?.state) ? 5000 : false),
  })
  const recording = query.data
  const heard = recording !== undefined && ready.some((one) => one === recording.state)
  return (
    <Panel
      title={t('recording.title')}
      about={recording && heard && `${duration(recording.duration)} · ${format.bytes(recording.size)}`}
      actions={
        heard && (
          <Button
            variant="default"
            leftSection={<IconDownload size={16} />}
            loading={busy}
            onClick={() => save(`${base}/calls/${encodeURIComponent(call.uuid)}/recording/audio`)}
          >
            {t('recording.download')}
          </Button>
        )
      }
    >
      {!session.hearsRecordings ? (
        <Group gap={8}>
          <IconLock size={16} aria-hidden />
          <Text size="sm">{t('recording.denied')}</Text>
        </Group>
      ) : query.isError ? (
        isProblem(query.error, 404) ? (
          <Text size="sm">{t('recording.state.lost')}</Text>
        ) : (
          <Failed failure={query.error} onRetry={() => void query.refetch()} />
        )
      ) : heard ? (
        <Suspense fallback={<div className={style.place} />}>
          <Player id={call.uuid} size={recording.size} seconds={recording.duration} />
        </Suspense>
      ) : recording ? (
        <Alert color="gray" icon={<IconInfoCircle />}>
          {t(`recording.state.${recording.state as 'recording' | 'closed' | 'empty' | 'lost' | 'deleted'}`)}
        </Alert>
      ) : (
        <div className={style.place} aria-busy />
      )}
    </Panel>
  )
}
