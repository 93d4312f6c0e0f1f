import { Autocomplete, Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { useAct } from './act'
import { useLive, useSwitches } from './data'

/** Has a switch load a queue that it does not run yet. */
export function QueueLoad({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(['centre', 'common'])
  const { act, busy } = useAct()
  const switches = useSwitches()
  const running = useLive('queues')
  const defined = useQuery({
    queryKey: ['centre', 'definitions'],
    enabled: opened,
    queryFn: () => data(client.GET('/queue-definitions')),
  })
  const form = useForm({
    initialValues: { name: '', switch: '' },
    validate: { name: (name) => (name.trim() ? null : t('field.wanted')) },
  })
  const load = form.onSubmit(async (values) => {
    const query = { name: values.name.trim(), confirm: true, ...(values.switch && { switch: values.switch }) }
    const done = await act('load', () => data(client.POST('/queues/load', { params: { query } })), t('load.done', { name: query.name }))
    if (!done) return
    form.reset()
    onClose()
  })
  const names = defined.data?.map(({ name }) => name).filter((name) => !running.some((queue) => queue.name === name)) ?? []
  return (
    <Modal opened={opened} onClose={onClose} title={t('load.title')} closeButtonProps={{ 'aria-label': t('common:action.close') }}>
      <form onSubmit={load}>
        <Stack gap="sm">
          <Autocomplete
            label={t('queue.name')}
            description={t('load.name')}
            data={[...new Set(names)]}
            data-autofocus
            {...form.getInputProps('name')}
          />
          {switches.length > 1 && <Select label={t('field.switch')} data={switches} {...form.getInputProps('switch')} />}
          <Text size="sm">{t('load.warning')}</Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={busy === 'load'}>
              {t('load.action')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
