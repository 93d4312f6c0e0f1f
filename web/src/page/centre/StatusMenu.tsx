import { Button, Group, Menu, Modal, Stack, TextInput } from '@mantine/core'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { type Status, statuses } from '~/part/activity'
import { useAct } from './act'
import { statusKey } from './status'

/** Changes an agent's status; why he pauses may be said, and is kept. */
export function StatusMenu({ agent }: { agent: Schema<'Agent'> }) {
  const { t } = useTranslation(['centre', 'common'])
  const { act, busy } = useAct()
  const [pausing, setPausing] = useState(false)
  const [reason, setReason] = useState('')
  const set = (status: Status, why = '') =>
    act(
      'status',
      () =>
        data(
          client.PATCH('/agents', {
            params: { query: { switch: agent.switch, name: agent.name } },
            body: { status, ...(why && { reason: why }) },
          }),
        ),
      t('status.done', { name: agent.name, status: t(`status.${statusKey[status]}`) }),
    )
  const pause = async (event: FormEvent) => {
    event.preventDefault()
    if (!(await set('On Break', reason.trim()))) return
    setPausing(false)
    setReason('')
  }
  const known = statuses.find((status) => status === agent.status)
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button
            variant="default"
            size="compact-sm"
            loading={busy !== undefined}
            rightSection={<IconChevronDown size={14} />}
            aria-label={t('status.change', { name: agent.name })}
          >
            {known ? t(`status.${statusKey[known]}`) : agent.status}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {statuses.map((status) => (
            <Menu.Item
              key={status}
              rightSection={status === known ? <IconCheck size={14} /> : null}
              onClick={() => (status === 'On Break' ? setPausing(true) : void set(status))}
            >
              {t(`status.${statusKey[status]}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={pausing}
        onClose={() => setPausing(false)}
        title={t('status.pauseTitle', { name: agent.name })}
        closeButtonProps={{ 'aria-label': t('common:action.close') }}
      >
        <form onSubmit={(event) => void pause(event)}>
          <Stack gap="sm">
            <TextInput
              label={t('status.reason')}
              description={t('status.reasonAbout')}
              maxLength={255}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              data-autofocus
            />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={() => setPausing(false)}>
                {t('common:action.cancel')}
              </Button>
              <Button type="submit" loading={busy !== undefined}>
                {t('status.pause')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  )
}
