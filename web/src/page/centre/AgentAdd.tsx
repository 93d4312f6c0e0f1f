import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { ProblemNote } from '~/part/ProblemNote'
import { useSave } from '~/part/save'
import { AgentFields } from './AgentFields'
import { type AgentValues, delays, fresh } from './agent'
import { useSwitches } from './data'

/** Adds an agent. */
export function AgentAdd({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(['centre', 'common'])
  const navigate = useNavigate()
  const switches = useSwitches()
  const form = useForm<AgentValues>({
    initialValues: fresh,
    validate: { name: (name) => (name.trim() ? null : t('field.wanted')) },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: begins anew when it is opened
  useEffect(() => {
    if (opened) form.reset()
  }, [opened])
  const save = useSave(
    form,
    (values) =>
      data(
        client.POST('/agents', {
          body: {
            name: values.name.trim(),
            type: values.type,
            ...Object.fromEntries(delays.map((key) => [key, Number(values[key])])),
            ...(values.contact && { contact: values.contact.trim() }),
            ...(values.switch && { switch: values.switch }),
          },
        }),
      ),
    {
      onSaved: (done, values) => {
        onClose()
        void navigate({ to: '/agents/$switch/$name', params: { switch: done.switch, name: values.name.trim() } })
      },
    },
  )
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('agent.addTitle')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={save.submit}>
        <Stack gap="sm">
          <TextInput
            label={t('agent.name')}
            description={t('agent.nameAbout')}
            placeholder="1000@default"
            withAsterisk
            data-autofocus
            {...form.getInputProps('name')}
          />
          {switches.length > 1 && <Select label={t('field.switch')} data={switches} withAsterisk {...form.getInputProps('switch')} />}
          <AgentFields form={form} />
          {save.failure !== undefined && <ProblemNote failure={save.failure} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={save.saving}>
              {t('agent.add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
