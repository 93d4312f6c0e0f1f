import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { ProblemNote } from '~/part/ProblemNote'
import { useSave } from '~/part/save'

/** The way out: one's password and a code. */
export function EndAuthenticator({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation(['account', 'session'])
  const form = useForm({ initialValues: { old_password: '', code: '' } })
  const save = useSave(form, (body) => data(client.POST('/me/totp/disable', { body })), {
    onSaved: onDone,
    say: (field) => (field === 'code' ? t('totp.wrongCode') : t('session:wrongOld')),
  })
  return (
    <form onSubmit={save.submit}>
      <Stack gap="sm">
        {save.failure !== undefined && <ProblemNote failure={save.failure} />}
        <Text size="sm">{t('totp.endAbout')}</Text>
        <PasswordInput
          label={t('session:oldPassword')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          visibilityToggleButtonProps={{ 'aria-label': t('session:showPassword') }}
          {...form.getInputProps('old_password')}
        />
        <TextInput
          label={t('totp.codeOrRecovery')}
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          {...form.getInputProps('code')}
        />
        <Button type="submit" color="red.9" loading={save.saving}>
          {t('totp.end')}
        </Button>
      </Stack>
    </form>
  )
}
