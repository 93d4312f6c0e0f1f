import { Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { type Column, DataTable } from '~/part/DataTable'
import { Duration } from '~/part/Duration'
import { StatusBadge } from '~/part/StatusBadge'
import { useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import { useWords } from './words'

const seconds = (from: string | undefined, to: string | undefined) => (from && to ? (Date.parse(to) - Date.parse(from)) / 1000 : undefined)

/** The stays in queues with whom they rang, and the legs with how they ended. */
export function Legs({ call }: { call: Schema<'WholeCall'> }) {
  const { t } = useTranslation('calls')
  const words = useWords()
  const format = useFormat()
  const rings = call.visits.flatMap((visit) => visit.attempts.map((attempt) => ({ ...attempt, queue: visit.queue })))
  const time = (at: string | undefined) => <span className="tabular">{at ? format.time(at) : '—'}</span>
  const legs: Column<Schema<'Leg'>>[] = [
    {
      key: 'who',
      head: t('leg.who'),
      phone: 'title',
      cell: (leg) => (leg.agent && leg.side === 'agent' ? leg.agent : phone(leg.uuid === call.uuid ? leg.caller : leg.called) || '—'),
    },
    { key: 'caller', head: t('column.caller'), cell: ({ caller }) => <span className="tabular">{phone(caller) || '—'}</span> },
    { key: 'called', head: t('column.called'), cell: ({ called }) => <span className="tabular">{phone(called) || '—'}</span> },
    { key: 'started', head: t('leg.started'), align: 'end', cell: ({ started }) => time(started) },
    { key: 'answered', head: t('leg.answered'), align: 'end', cell: ({ answered }) => time(answered) },
    { key: 'ended', head: t('leg.ended'), align: 'end', cell: ({ ended }) => time(ended) },
    {
      key: 'duration',
      head: t('fact.duration'),
      align: 'end',
      cell: ({ started, ended }) => <Duration seconds={seconds(started, ended) ?? 0} />,
    },
    {
      key: 'cause',
      head: t('fact.cause'),
      cell: ({ cause }) => <span title={cause}>{words.cause(cause)}</span>,
    },
    { key: 'switch', head: t('fact.switch'), cell: ({ switch: name }) => name },
  ]
  return (
    <Stack gap="md">
      <DataTable label={t('leg.title')} columns={legs} rows={call.legs} id={({ uuid }) => uuid} />
      {rings.length > 0 && (
        <>
          <Title order={3}>{t('ring.title')}</Title>
          <DataTable
            label={t('ring.title')}
            rows={rings}
            id={({ leg, started }) => `${leg} ${started}`}
            columns={[
              { key: 'agent', head: t('column.agent'), phone: 'title', cell: ({ agent }) => agent },
              { key: 'queue', head: t('column.queue'), cell: ({ queue }) => queue },
              { key: 'started', head: t('leg.started'), align: 'end', cell: ({ started }) => time(started) },
              {
                key: 'answered',
                head: t('ring.result'),
                cell: ({ answered }) => (
                  <StatusBadge tone={answered ? 'good' : 'wait'}>{answered ? t('ring.answered') : t('ring.missed')}</StatusBadge>
                ),
              },
              { key: 'cause', head: t('fact.cause'), cell: ({ cause }) => <span title={cause}>{words.cause(cause)}</span> },
            ]}
          />
        </>
      )}
      {call.visits.some(({ outcome, wrap_up_known }) => outcome === 'answered' && !wrap_up_known) && (
        <Text size="sm" c="dimmed">
          {t('wrapUpUnknown')}
        </Text>
      )}
    </Stack>
  )
}
