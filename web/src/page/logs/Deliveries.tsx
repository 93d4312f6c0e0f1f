import { Anchor, Button, Drawer, Stack } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { Ago, When } from '~/part/Ago'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Facts } from '~/part/Facts'
import { StatusBadge, type Tone } from '~/part/StatusBadge'
import { useFormat } from '~/text/format'
import { Attempts } from './Attempts'
import { Status } from './Status'
import { eventName } from './words'

type Delivery = Schema<'WebhookDelivery'>

interface Props {
  rows: readonly Delivery[]
  filtered: boolean
  /** Sends an event again; without it one may not. */
  replay: ((event: string) => void) | undefined
}

const tones: Readonly<Record<Delivery['state'], Tone>> = { waiting: 'wait', sending: 'active', delivered: 'good', failed: 'bad' }

export function Deliveries({ rows, filtered, replay }: Props) {
  const { t } = useTranslation(['logs', 'common'])
  const format = useFormat()
  const [shown, setShown] = useState<string>()
  const open = rows.find((row) => key(row) === shown)
  const columns: Column<Delivery>[] = [
    { key: 'at', head: t('column.at'), width: 180, cell: ({ at }) => <When at={at} /> },
    {
      key: 'type',
      head: t('delivery.event'),
      phone: 'title',
      cell: (row) => (
        <Anchor component="button" type="button" size="sm" ta="start" onClick={() => setShown(key(row))}>
          {eventName(t, row.type)}
        </Anchor>
      ),
    },
    { key: 'attempts', head: t('delivery.attempts'), align: 'end', cell: ({ attempts }) => format.number(attempts.length) },
    { key: 'last', head: t('delivery.lastAnswer'), cell: ({ attempts }) => <Last attempt={attempts.at(-1)} /> },
    {
      key: 'state',
      head: t('column.state'),
      width: 290,
      cell: ({ state, due }) => (
        <>
          <StatusBadge tone={tones[state]}>{t(`delivery.state.${state}`)}</StatusBadge>
          {state === 'waiting' && due && (
            <>
              {' '}
              <Ago at={due} />
            </>
          )}
        </>
      ),
    },
    ...(replay
      ? [
          {
            key: 'replay',
            head: '',
            align: 'end' as const,
            width: 120,
            cell: (row: Delivery) => (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconRefresh size={14} />}
                aria-label={`${t('delivery.replay')}: ${eventName(t, row.type)}`}
                onClick={(event) => {
                  event.stopPropagation()
                  replay(row.event)
                }}
              >
                {t('delivery.replay')}
              </Button>
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      <DataTable
        label={t('delivery.title')}
        rows={rows}
        id={key}
        columns={columns}
        onRow={(row) => setShown(key(row))}
        empty={<Empty title={t('delivery.empty')} text={t(filtered ? 'requests.emptyFiltered' : 'delivery.emptyText')} />}
      />
      <Drawer
        opened={open !== undefined}
        onClose={() => setShown(undefined)}
        position="right"
        size="md"
        title={open && eventName(t, open.type)}
        closeButtonProps={{ 'aria-label': t('common:action.close') }}
      >
        {open && (
          <Stack gap="md">
            <div>
              <StatusBadge tone={tones[open.state]}>{t(`delivery.state.${open.state}`)}</StatusBadge>
            </div>
            <Facts
              facts={[
                { name: t('delivery.happened'), value: <When at={open.at} /> },
                { name: t('delivery.ended'), value: open.ended && <When at={open.ended} /> },
                { name: t('delivery.due'), value: open.due && <When at={open.due} /> },
                { name: t('delivery.until'), value: open.state === 'waiting' && open.until && <When at={open.until} /> },
                { name: t('delivery.id'), value: open.event },
              ]}
            />
            <Attempts attempts={open.attempts} />
          </Stack>
        )}
      </Drawer>
    </>
  )
}

const key = ({ event, made }: Delivery) => `${event} ${made}`

function Last({ attempt }: { attempt: Schema<'WebhookAttempt'> | undefined }) {
  const { t } = useTranslation('logs')
  if (!attempt) return null
  return attempt.status > 0 ? <Status status={attempt.status} /> : attempt.error || t('delivery.noAnswer')
}
