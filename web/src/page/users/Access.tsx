import { Anchor, Button, Checkbox, Group, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Tagged } from '~/api/client'
import { useConfirm } from '~/part/Confirm'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'
import { SaveBar } from '~/part/SaveBar'
import { StatusBadge } from '~/part/StatusBadge'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { NewPassword, usePasswordCheck } from './NewPassword'
import { type User, useUserChange, useUserDeed } from './query'
import { Tokens } from './Tokens'

interface Props {
  user: Tagged<User>
  may: boolean
}

/** How a user gets in: password, authenticator, and where he is in. */
export function Access({ user, may }: Props) {
  const session = useSession()
  const self = session.login === user.value.login
  return (
    <Stack gap="sm">
      <Password user={user} may={may} self={self} />
      <Authenticator user={user} may={may} self={self} />
      <Tokens login={user.value.login} may={may} self={self} />
    </Stack>
  )
}

function Password({ user, may, self }: Props & { self: boolean }) {
  const { t } = useTranslation('users')
  const format = useFormat()
  const checkPassword = usePasswordCheck()
  const change = useUserChange(user)
  const deed = useUserDeed(user)
  const { login, password_set_at, must_change } = user.value
  const form = useForm({
    initialValues: { password: '', must_change: true },
    validate: { password: (password) => checkPassword(password, login) },
  })
  const save = useSave(form, (values) => change(values), {
    onSaved: () => {
      form.reset()
      notifications.show({ message: t('password.done', { login }) })
    },
  })
  return (
    <Panel
      title={t('password.label')}
      about={
        <>
          {password_set_at && t('password.setAt', { time: format.dateTime(password_set_at) })} {must_change && t('password.due')}
        </>
      }
      actions={
        may &&
        !self && (
          <Button
            variant="default"
            loading={deed.isPending}
            onClick={() =>
              deed.mutate({ edit: { must_change: !must_change }, told: t(must_change ? 'password.notDue' : 'password.dueNow', { login }) })
            }
          >
            {must_change ? t('password.release') : t('password.force')}
          </Button>
        )
      }
    >
      {deed.isError && <ProblemNote failure={deed.error} />}
      {self ? (
        <Text size="sm">
          {t('password.own')}{' '}
          <Anchor renderRoot={(props) => <Link to="/account" {...props} />} size="sm">
            {t('password.ownLink')}
          </Anchor>
        </Text>
      ) : (
        may && (
          <form onSubmit={save.submit} noValidate>
            <Stack gap="sm">
              <NewPassword label={t('password.new')} {...form.getInputProps('password')} />
              <Checkbox
                label={t('password.mustChange')}
                description={t('password.mustChangeAbout')}
                {...form.getInputProps('must_change', { type: 'checkbox' })}
              />
              <Text size="sm" c="dimmed">
                {t('password.ends')}
              </Text>
            </Stack>
            <SaveBar form={form} save={save} action={t('password.set')} />
          </form>
        )
      )}
    </Panel>
  )
}

function Authenticator({ user, may, self }: Props & { self: boolean }) {
  const { t } = useTranslation('users')
  const confirm = useConfirm()
  const deed = useUserDeed(user)
  const { login, totp } = user.value
  const reset = async () => {
    const question = { title: t('totp.resetTitle', { login }), text: t('totp.resetText'), action: t('totp.reset'), danger: true }
    if (await confirm(question)) deed.mutate({ edit: { totp: false }, told: t('totp.done', { login }) })
  }
  return (
    <Panel
      title={t('totp.title')}
      about={totp ? t('totp.onAbout') : t('totp.offAbout')}
      actions={
        <Group gap="sm">
          <StatusBadge tone={totp ? 'good' : 'off'}>{totp ? t('totp.on') : t('totp.off')}</StatusBadge>
          {may && totp && !self && (
            <Button variant="default" loading={deed.isPending} onClick={() => void reset()}>
              {t('totp.reset')}
            </Button>
          )}
        </Group>
      }
    >
      {deed.isError && <ProblemNote failure={deed.error} />}
    </Panel>
  )
}
