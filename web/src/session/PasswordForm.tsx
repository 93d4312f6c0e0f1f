import { Button, PasswordInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { ProblemNote } from '~/part/ProblemNote'
import { useSave } from '~/part/save'

interface Props {
  login: string
  onDone: () => void
}

/** The change of one's own password. */
export function PasswordForm({ login, onDone }: Props) {
  const { t } = useTranslation('session')
  const form = useForm({
    initialValues: { old_password: '', password: '', again: '' },
    validate: {
      password: (text, all) =>
        text.length < 8
          ? t('short')
          : text.toLowerCase() === login.toLowerCase()
            ? t('asLogin')
            : text === all.old_password
              ? t('asOld')
              : null,
      again: (text, all) => (text === all.password ? null : t('differs')),
    },
  })
  const save = useSave(form, ({ old_password, password }) => data(client.PUT('/me/password', { body: { old_password, password } })), {
    onSaved: () => {
      form.reset()
      onDone()
    },
    say: (field) => (field === 'old_password' ? t('wrongOld') : undefined),
  })
  const toggle = { visibilityToggleButtonProps: { 'aria-label': t('showPassword') } }
  return (
    <form onSubmit={save.submit}>
      <Stack gap="sm">
        {save.failure !== undefined && <ProblemNote failure={save.failure} />}
        <input type="text" autoComplete="username" value={login} readOnly hidden />
        <PasswordInput
          label={t('oldPassword')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          {...toggle}
          {...form.getInputProps('old_password')}
        />
        <PasswordInput
          label={t('newPassword')}
          description={t('passwordAbout')}
          autoComplete="new-password"
          required
          withAsterisk={false}
          {...toggle}
          {...form.getInputProps('password')}
        />
        <PasswordInput
          label={t('again')}
          autoComplete="new-password"
          required
          withAsterisk={false}
          {...toggle}
          {...form.getInputProps('again')}
        />
        <Button type="submit" loading={save.saving} mt="xs">
          {t('change')}
        </Button>
      </Stack>
    </form>
  )
}
