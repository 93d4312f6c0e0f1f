import { Button, Group, Modal, Radio, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import type { LiveCall } from '~/part/call'
import { ProblemNote } from '~/part/ProblemNote'
import { useSave } from '~/part/save'
import { phone } from '~/text/phone'
import { useLive } from './data'

const legs = ['aleg', 'bleg', 'both'] as const

/** Sends one side of a call, or both, to a number or a queue. */
export function TransferForm({ call, onClose }: { call: LiveCall | undefined; onClose: () => void }) {
  const { t } = useTranslation(['centre', 'common'])
  const queues = useLive('queues')
  const form = useForm({
    initialValues: { to: 'queue', number: '', queue: '', leg: 'aleg' },
    validate: {
      number: (text, values) => (values.to === 'queue' || text.trim() ? null : t('field.wanted')),
      queue: (name, values) => (values.to === 'number' || name ? null : t('field.wanted')),
    },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: begins anew with another call
  useEffect(() => {
    if (call) form.reset()
  }, [call?.id])
  const save = useSave(
    form,
    (values) => {
      const body = {
        leg: call?.other ? values.leg : 'aleg',
        ...(values.to === 'queue' ? { queue: values.queue } : { number: values.number.replace(/[\s()-]/g, '') }),
      }
      return data(client.POST('/calls/{id}/transfer', { params: { path: { id: call?.id ?? '' } }, body }))
    },
    {
      onSaved: (_, values) => {
        notifications.show({ message: t('transfer.done', { to: values.to === 'queue' ? values.queue : values.number }), color: 'green' })
        onClose()
      },
    },
  )
  const side = (leg: (typeof legs)[number]) =>
    leg === 'both'
      ? t('transfer.both')
      : leg === 'aleg'
        ? t('transfer.aleg', { who: phone(call?.from ?? '') })
        : call?.agent
          ? t('transfer.agent', { who: call.agent })
          : t('transfer.bleg', { who: phone(call?.to ?? '') })
  return (
    <Modal
      opened={call !== undefined}
      onClose={onClose}
      title={t('transfer.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={save.submit}>
        <Stack gap="sm">
          {call?.other && (
            <Radio.Group label={t('transfer.who')} {...form.getInputProps('leg')}>
              <Stack gap={6} mt={6}>
                {legs.map((leg) => (
                  <Radio key={leg} value={leg} label={side(leg)} />
                ))}
              </Stack>
            </Radio.Group>
          )}
          <Stack gap={4}>
            <Text size="sm" fw={500} id="transfer-to">
              {t('transfer.to')}
            </Text>
            <SegmentedControl
              aria-labelledby="transfer-to"
              data={[
                { value: 'queue', label: t('transfer.toQueue') },
                { value: 'number', label: t('transfer.toNumber') },
              ]}
              {...form.getInputProps('to')}
            />
          </Stack>
          {form.values.to === 'queue' ? (
            <Select
              label={t('live.queue')}
              data={[...new Set(queues.filter((queue) => queue.switch === call?.switch).map(({ name }) => name))].sort()}
              searchable
              {...form.getInputProps('queue')}
            />
          ) : (
            <TextInput label={t('transfer.number')} type="tel" {...form.getInputProps('number')} />
          )}
          {save.failure !== undefined && <ProblemNote failure={save.failure} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={save.saving}>
              {t('transfer.action')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
