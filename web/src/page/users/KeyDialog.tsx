import { Alert, Button, Code, CopyButton, Group, Input, Modal, Radio, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconAlertTriangle, IconCheck, IconCopy } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { isProblem } from '~/api/problem'
import { Loaded } from '~/part/Loaded'
import { MomentField } from '~/part/MomentField'
import { ProblemNote } from '~/part/ProblemNote'
import { catalogueQuery } from '~/part/rights'
import { useSave } from '~/part/save'
import { ProjectsField } from './ProjectsField'
import { keysQuery, type User } from './query'
import { RightsField } from './RightsField'

interface Props {
  user: User
  opened: boolean
  onClose: () => void
}

const terms = ['30', '90', '365', 'date', 'never'] as const
type Term = (typeof terms)[number]

/** Makes a key, and shows it the only time. */
export function KeyDialog({ user, opened, onClose }: Props) {
  const { t } = useTranslation(['users', 'common'])
  const [secret, setSecret] = useState('')
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={secret ? t('keys.made') : t('keys.newFor', { login: user.login })}
      size="xl"
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
      withCloseButton={secret === ''}
      closeOnClickOutside={false}
      closeOnEscape={secret === ''}
    >
      {secret ? <Made secret={secret} onDone={onClose} /> : <Form user={user} onMade={setSecret} onCancel={onClose} />}
    </Modal>
  )
}

function Form({ user, onMade, onCancel }: { user: User; onMade: (secret: string) => void; onCancel: () => void }) {
  const { t } = useTranslation(['users', 'account', 'common'])
  const { login } = user
  const queries = useQueryClient()
  const catalogue = useQuery(catalogueQuery)
  const form = useForm({
    initialValues: {
      name: '',
      all: 'all',
      rights: [] as string[],
      projects: { all: true, chosen: [] as string[] },
      networks: [] as string[],
      term: '365' as Term,
      expires_at: '',
    },
    validate: {
      name: (name) => (name.trim() === '' ? t('keys.nameEmpty') : null),
      rights: (rights, { all }) => (all === 'all' || rights.length > 0 ? null : t('keys.rightsEmpty')),
      projects: ({ all, chosen }) => (all || chosen.length > 0 ? null : t('projects.none')),
      expires_at: (at, { term }) => (term !== 'date' || new Date(at) > new Date() ? null : t('keys.expiresPast')),
    },
  })
  const save = useSave(
    form,
    ({ name, all, rights, projects, networks, term, expires_at }) => {
      const until = term === 'date' ? new Date(expires_at) : term === 'never' ? undefined : new Date(Date.now() + Number(term) * 86_400_000)
      return data(
        client.POST('/users/{login}/keys', {
          params: { path: { login } },
          body: {
            name,
            rights: all === 'all' ? user.rights : rights,
            ...(!projects.all && { projects: projects.chosen }),
            ...(networks.length > 0 && { networks }),
            ...(until && { expires_at: until.toISOString() }),
          },
        }),
      )
    },
    {
      onSaved: ({ key }) => {
        void queries.invalidateQueries({ queryKey: keysQuery(login).queryKey })
        onMade(key)
      },
      say: (field) => (field.startsWith('networks') ? t('keys.networksWrong') : undefined),
    },
  )
  const taken = isProblem(save.failure, 409)
  return (
    <form onSubmit={save.submit} noValidate>
      <Stack gap="md">
        <TextInput
          label={t('account:keys.name')}
          description={t('keys.nameAbout')}
          data-autofocus
          maw={400}
          {...form.getInputProps('name')}
          {...(taken && { error: t('keys.nameTaken') })}
        />
        <Radio.Group label={t('rights')} {...form.getInputProps('all')}>
          <Stack gap="xs" mt={4}>
            <Radio value="all" label={t('keys.allRights')} disabled={user.rights.length === 0} />
            <Radio value="some" label={t('keys.someRights')} />
          </Stack>
        </Radio.Group>
        {form.values.all === 'some' && (
          <Loaded query={catalogue}>
            {(known) => <RightsField catalogue={known} most={user.rights} {...form.getInputProps('rights')} />}
          </Loaded>
        )}
        <div>
          <Input.Label component="div" mb={4}>
            {t('projects.title')}
          </Input.Label>
          <ProjectsField allLabel={t('keys.userProjects')} mayAll among={user.projects} {...form.getInputProps('projects')} />
        </div>
        <TagsInput
          label={t('keys.networks')}
          description={t('keys.networksAbout')}
          placeholder={form.values.networks.length === 0 ? '192.0.2.10, 192.0.2.0/24' : ''}
          splitChars={[',', ' ', ';']}
          maw={480}
          {...form.getInputProps('networks')}
          error={Object.entries(form.errors).find(([field]) => field.startsWith('networks'))?.[1]}
        />
        <Group align="flex-start">
          <Select
            label={t('keys.expires')}
            data={terms.map((term) => ({ value: term, label: t(`keys.term.${term}`) }))}
            allowDeselect={false}
            w={200}
            {...form.getInputProps('term')}
          />
          {form.values.term === 'date' && <MomentField label={t('keys.until')} min={new Date()} {...form.getInputProps('expires_at')} />}
        </Group>
        {save.failure !== undefined && !taken && <ProblemNote failure={save.failure} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={save.saving}>
            {t('keys.make')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Made({ secret, onDone }: { secret: string; onDone: () => void }) {
  const { t } = useTranslation(['users', 'account'])
  return (
    <Stack gap="md">
      <Alert color="yellow" icon={<IconAlertTriangle />}>
        {t('keys.once')}
      </Alert>
      <Group gap="xs" align="stretch">
        <Code block flex="1 1 17rem" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {secret}
        </Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              h="auto"
              onClick={copy}
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              data-autofocus
            >
              {copied ? t('account:copied') : t('account:copy')}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Text size="sm" c="dimmed">
        {t('keys.how')} <Code>{t('keys.header')}</Code>
      </Text>
      <Group justify="flex-end">
        <Button onClick={onDone}>{t('keys.kept')}</Button>
      </Group>
    </Stack>
  )
}
