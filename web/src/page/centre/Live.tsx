import { ActionIcon, Button, Group, Menu, Select, TextInput, Tooltip } from '@mantine/core'
import {
  IconDots,
  IconHeadphones,
  IconPhoneIncoming,
  IconPhoneOff,
  IconPhoneOutgoing,
  IconPhonePlus,
  IconPlayerPause,
  IconPlayerPlay,
  IconSearch,
  IconTransfer,
} from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { useStreamState } from '~/api/stream'
import { useConfirm } from '~/part/Confirm'
import { type LiveCall, pair } from '~/part/call'
import type { Column } from '~/part/DataTable'
import { Since } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Forbidden } from '~/part/Forbidden'
import { Loading } from '~/part/Loading'
import { PagedTable } from '~/part/PagedTable'
import { PageHead } from '~/part/PageHead'
import { StatusBadge, type Tone } from '~/part/StatusBadge'
import { useSession } from '~/session/session'
import { phone } from '~/text/phone'
import { useAct } from './act'
import { CallForm } from './CallForm'
import { useLive } from './data'
import { ListenForm } from './ListenForm'
import { AgentName, QueueName } from './QueueName'
import { TransferForm } from './TransferForm'

const route = getRouteApi('/shell/live')
const tones: Readonly<Record<LiveCall['state'], Tone>> = { active: 'active', waiting: 'wait', held: 'wait', early: 'wait', ringing: 'wait' }

/** The calls that are up, and what can be done with them. */
export default function Live() {
  const { t } = useTranslation('centre')
  const session = useSession()
  const { find = '', queue } = route.useSearch()
  const navigate = useNavigate({ from: '/live' })
  const [calling, setCalling] = useState(false)
  const sees = session.may('calls', 'see')
  return (
    <>
      <PageHead title={t('live.title')} about={t('live.about')}>
        {session.may('calls', 'make') && (
          <Button leftSection={<IconPhonePlus size={16} />} onClick={() => setCalling(true)}>
            {t('make.action')}
          </Button>
        )}
      </PageHead>
      {sees ? (
        <Calls find={find} queue={queue} onSearch={(search) => void navigate({ search, replace: true })} />
      ) : (
        <Forbidden rights={['calls/see']} />
      )}
      <CallForm opened={calling} onClose={() => setCalling(false)} />
    </>
  )
}

interface Search {
  find?: string | undefined
  queue?: string | undefined
}

function Calls({ find, queue, onSearch }: { find: string; queue: string | undefined; onSearch: (search: Search) => void }) {
  const { t } = useTranslation('centre')
  const session = useSession()
  const legs = useLive('calls')
  const state = useStreamState()
  const [sort, setSort] = useState({ by: 'since', desc: true })
  const [page, setPage] = useState(1)
  const [heard, setHeard] = useState<LiveCall>()
  const [moved, setMoved] = useState<LiveCall>()
  const all = pair(legs)
  const digits = find.replace(/[^\d*#@\p{L}._-]/gu, '').toLowerCase()
  const rows = all.filter(
    (call) =>
      (queue === undefined || call.queue === queue) &&
      [call.from, call.to, call.agent, call.user].some((text) => text.toLowerCase().includes(digits)),
  )
  const steers = (['listen', 'transfer', 'hold', 'hangup'] as const).some((action) => session.may('calls', action))
  const columns: Column<LiveCall>[] = [
    {
      key: 'numbers',
      head: t('live.numbers'),
      phone: 'title',
      cell: (row) => <Numbers of={row} />,
    },
    {
      key: 'queue',
      head: t('live.queue'),
      sort: (row) => row.queue,
      cell: (row) =>
        row.queue && session.may('queues', 'see') ? <QueueName of={{ switch: row.switch, name: row.queue }} /> : row.queue || t('none'),
    },
    {
      key: 'agent',
      head: t('live.agent'),
      sort: (row) => row.agent || row.user,
      cell: (row) =>
        row.agent && session.may('agents', 'see') ? (
          <AgentName of={{ switch: row.switch, name: row.agent }} />
        ) : (
          row.agent || row.user || t('none')
        ),
    },
    {
      key: 'state',
      head: t('live.state'),
      sort: (row) => row.state,
      cell: (row) => <StatusBadge tone={tones[row.state]}>{t(`live.is.${row.state}`)}</StatusBadge>,
    },
    { key: 'since', head: t('live.since'), align: 'end', sort: (row) => -row.since, cell: (row) => <Since at={row.since} /> },
    ...(steers
      ? [
          {
            key: 'deeds',
            head: '',
            align: 'end' as const,
            width: 90,
            cell: (row: LiveCall) => <Deeds call={row} onListen={() => setHeard(row)} onTransfer={() => setMoved(row)} />,
          },
        ]
      : []),
  ]
  const queues = [...new Set([...all.map((call) => call.queue), queue ?? ''])].filter((name) => name !== '').sort()
  const filtered = find !== '' || queue !== undefined
  return (
    <>
      <FilterBar onReset={filtered ? () => onSearch({}) : undefined}>
        <TextInput
          label={t('live.find')}
          leftSection={<IconSearch size={16} />}
          value={find}
          onChange={(event) => onSearch({ find: event.target.value || undefined, queue })}
        />
        <Select
          label={t('live.queue')}
          placeholder={t('queue.any')}
          data={queues}
          value={queue ?? null}
          clearable
          onChange={(value) => onSearch({ find: find || undefined, queue: value ?? undefined })}
        />
      </FilterBar>
      {legs.length === 0 && (state === 'connecting' || state === 'idle') ? (
        <Loading />
      ) : (
        <PagedTable
          label={t('live.title')}
          columns={columns}
          rows={rows}
          id={(row) => row.id}
          sort={sort}
          onSort={setSort}
          page={page}
          onPage={setPage}
          empty={filtered ? <Empty title={t('live.noneFound')} /> : <Empty title={t('live.none')} text={t('live.noneText')} />}
        />
      )}
      <ListenForm call={heard} onClose={() => setHeard(undefined)} />
      <TransferForm call={moved} onClose={() => setMoved(undefined)} />
    </>
  )
}

function Numbers({ of }: { of: LiveCall }) {
  const { t } = useTranslation('centre')
  const Way = of.inbound ? IconPhoneIncoming : IconPhoneOutgoing
  return (
    <Group gap={6} wrap="nowrap" className="tabular">
      <Way size={16} aria-label={of.inbound ? t('live.inbound') : t('live.outbound')} />
      <span>{t('live.fromTo', { from: phone(of.from) || t('none'), to: phone(of.to) || t('none') })}</span>
    </Group>
  )
}

function Deeds({ call, onListen, onTransfer }: { call: LiveCall; onListen: () => void; onTransfer: () => void }) {
  const { t } = useTranslation('centre')
  const session = useSession()
  const confirm = useConfirm()
  const { act, busy } = useAct()
  const what = t('live.fromTo', { from: call.from, to: call.to })
  const path = { id: call.id }
  const hangUp = async () => {
    const sure = await confirm({ title: t('hangup.title'), text: t('hangup.text', { what }), action: t('hangup.action'), danger: true })
    if (sure) await act('hangup', () => data(client.POST('/calls/{id}/hangup', { params: { path }, body: {} })), t('hangup.done'))
  }
  const hold = (mode: 'on' | 'off') =>
    act(
      'hold',
      () => data(client.POST('/calls/{id}/hold', { params: { path: { id: call.ours } }, body: { mode } })),
      mode === 'on' ? t('hold.done') : t('hold.undone'),
    )
  const talks = call.state === 'active' || call.state === 'held'
  const items: ReactNode[] = [
    session.may('calls', 'transfer') && (
      <Menu.Item key="transfer" leftSection={<IconTransfer size={16} />} onClick={onTransfer}>
        {t('transfer.action')}
      </Menu.Item>
    ),
    session.may('calls', 'hold') && talks && (
      <Menu.Item
        key="hold"
        leftSection={call.state === 'held' ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
        onClick={() => void hold(call.state === 'held' ? 'off' : 'on')}
      >
        {call.state === 'held' ? t('hold.off') : t('hold.on')}
      </Menu.Item>
    ),
    session.may('calls', 'hangup') && (
      <Menu.Item key="hangup" color="red" leftSection={<IconPhoneOff size={16} />} onClick={() => void hangUp()}>
        {t('hangup.action')}
      </Menu.Item>
    ),
  ].filter(Boolean)
  return (
    <Group gap={4} wrap="nowrap" ms="auto" justify="flex-end">
      {session.may('calls', 'listen') && call.other && (
        <Tooltip label={t('listen.action')}>
          <ActionIcon variant="subtle" color="gray" aria-label={t('listen.of', { what })} onClick={onListen}>
            <IconHeadphones size={18} />
          </ActionIcon>
        </Tooltip>
      )}
      {items.length > 0 && (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t('live.more', { what })} loading={busy !== undefined}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>{items}</Menu.Dropdown>
        </Menu>
      )}
    </Group>
  )
}
