import { Button, Group, Modal, Stack, TagsInput, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { ProblemNote } from '~/part/ProblemNote'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { useQueueNames } from './api'
import { clearer, places, useWords } from './words'

interface Props {
  opened: boolean
  onClose: () => void
}

/** Makes a project of what it cannot do without. */
export function NewProject({ opened, onClose }: Props) {
  const { t } = useTranslation('common')
  const { t: tp } = useTranslation('projects')
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={tp('add')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
      size="lg"
      closeOnClickOutside={false}
    >
      <NewForm onClose={onClose} />
    </Modal>
  )
}

function NewForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['projects', 'common'])
  const session = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const queues = useQueueNames()
  const say = useWords()
  const form = useForm({
    initialValues: { id: '', name: '', numbers: [] as string[], queues: [] as string[] },
    validate: {
      id: (id) => (id.trim() === '' ? t('required') : null),
      name: (name) => (name.trim() === '' ? t('required') : null),
    },
  })
  const save = useSave(
    form,
    (body) => clearer(data(client.POST('/projects', { body: { ...body, id: body.id.trim(), name: body.name.trim() } })), 'id'),
    {
      fields: places,
      say,
      onSaved: ({ id }) => {
        void queries.invalidateQueries({ queryKey: ['projects'] })
        onClose()
        void navigate({ to: '/projects/$id', params: { id } })
      },
    },
  )
  return (
    <form onSubmit={save.submit} noValidate>
      <Stack gap="sm">
        <TextInput label={t('field.name')} data-autofocus autoComplete="off" {...form.getInputProps('name')} />
        <TextInput label={t('field.id')} description={t('field.idAbout')} autoComplete="off" {...form.getInputProps('id')} />
        <TagsInput
          label={t('field.numbers')}
          description={session.seesNumbers ? t('field.numbersAbout') : t('hidden')}
          disabled={!session.seesNumbers}
          inputMode="tel"
          splitChars={[',', ';', ' ', '\n']}
          acceptValueOnBlur
          {...form.getInputProps('numbers')}
        />
        <TagsInput
          label={t('field.queues')}
          description={t('field.queuesAbout')}
          data={queues}
          acceptValueOnBlur
          {...form.getInputProps('queues')}
        />
        <Text size="xs" c="dimmed">
          {t('createAbout')}
        </Text>
        {save.failure !== undefined && <ProblemNote failure={save.failure} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={save.saving}>
            {t('create')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
