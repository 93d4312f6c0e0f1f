import { Button, Checkbox, Code, CopyButton, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { isProblem } from '~/api/problem'
import { BackLink } from '~/part/BackLink'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { Panel } from '~/part/Panel'
import { catalogueQuery } from '~/part/rights'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { NewPassword, usePasswordCheck } from './NewPassword'
import { ProjectsField } from './ProjectsField'
import { usersQuery } from './query'
import { RightsField } from './RightsField'
import style from './RightsField.module.css'
import type { Given } from './rights'

export default function NewUser() {
  const { t } = useTranslation('users')
  const query = useQuery(catalogueQuery)
  return (
    <>
      <BackLink to="/users">{t('title')}</BackLink>
      <PageHead title={t('new.title')} about={t('new.about')}></PageHead>
      <Loaded query={query}>{(catalogue) => <Form catalogue={catalogue} />}</Loaded>
    </>
  )
}

/** Each word of a login in letters of one alphabet, as the API wants it: or one would pass for another. */
const mixed = (login: string) =>
  login.split(/[^\p{L}\p{M}]+/u).some((word) => /\p{Script=Latin}/u.test(word) && /\p{Script=Cyrillic}/u.test(word))

function Form({ catalogue }: { catalogue: readonly Given[] }) {
  const { t } = useTranslation('users')
  const session = useSession()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const checkPassword = usePasswordCheck()
  const [made, setMade] = useState<{ login: string; password: string }>()
  const form = useForm({
    initialValues: {
      login: '',
      password: '',
      must_change: true,
      rights: [] as string[],
      projects: { all: session.projects.length === 0, chosen: session.projects.length === 1 ? [...session.projects] : [] },
    },
    validate: {
      login: (login) =>
        login.trim() === ''
          ? t('loginEmpty')
          : login !== login.trim() || login.includes('/') || login === '.' || login === '..'
            ? t('loginForm')
            : mixed(login)
              ? t('loginMixed')
              : null,
      password: (password, { login }) => checkPassword(password, login),
      projects: ({ all, chosen }) => (all || chosen.length > 0 ? null : t('projects.none')),
    },
  })
  const save = useSave(
    form,
    ({ projects, ...user }) => data(client.POST('/users', { body: { ...user, ...(!projects.all && { projects: projects.chosen }) } })),
    {
      onSaved: (_, { login, password }) => {
        void queries.invalidateQueries({ queryKey: usersQuery.queryKey })
        setMade({ login, password })
      },
    },
  )
  const taken = isProblem(save.failure, 409)
  return (
    <form onSubmit={save.submit} noValidate>
      <Stack gap="sm">
        <Panel title={t('new.who')}>
          <Stack gap="sm">
            <TextInput
              label={t('login')}
              autoComplete="off"
              autoFocus
              required
              withAsterisk={false}
              maw={320}
              {...form.getInputProps('login')}
              {...(taken && { error: t('loginTaken') })}
            />
            <NewPassword label={t('password.first')} required withAsterisk={false} {...form.getInputProps('password')} />
            <Checkbox
              label={t('password.mustChange')}
              description={t('password.mustChangeAbout')}
              {...form.getInputProps('must_change', { type: 'checkbox' })}
            />
          </Stack>
        </Panel>
        <Panel title={t('projects.title')} about={t('projects.about')}>
          <ProjectsField
            allLabel={t('projects.allWithNew')}
            mayAll={session.projects.length === 0}
            among={session.projects}
            {...form.getInputProps('projects')}
          />
        </Panel>
        <Panel title={t('rights')} about={t('rightsAbout')}>
          <RightsField catalogue={catalogue} most={session.rights} withPresets {...form.getInputProps('rights')} />
        </Panel>
      </Stack>
      <div className={style.save}>
        <SaveBar
          form={form}
          save={taken ? { ...save, failure: undefined } : save}
          action={t('add')}
          onCancel={() => void navigate({ to: '/users' })}
        />
      </div>
      <Modal
        opened={made !== undefined}
        onClose={() => made && void navigate({ to: '/users/of/$login', params: { login: made.login } })}
        title={t('made.title')}
        withCloseButton={false}
        closeOnClickOutside={false}
      >
        {made && <Made {...made} onDone={() => void navigate({ to: '/users/of/$login', params: { login: made.login } })} />}
      </Modal>
    </form>
  )
}

/** What the new user has to be told: the password is shown nowhere later. */
function Made({ login, password, onDone }: { login: string; password: string; onDone: () => void }) {
  const { t } = useTranslation(['users', 'account'])
  const all = `${location.origin}/panel/\n${t('login')}: ${login}\n${t('password.label')}: ${password}`
  return (
    <Stack gap="md">
      <Text size="sm">{t('made.about')}</Text>
      <Code block>{all}</Code>
      <Group justify="flex-end" gap="xs">
        <CopyButton value={all}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy} leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}>
              {copied ? t('account:copied') : t('account:copy')}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onDone} data-autofocus>
          {t('made.done')}
        </Button>
      </Group>
    </Stack>
  )
}
