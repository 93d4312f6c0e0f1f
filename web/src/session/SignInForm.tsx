import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { codeDue, isProblem } from '~/api/problem'
import { ProblemNote } from '~/part/ProblemNote'
import { signIn } from './session'

interface Props {
  /** Whom to expect, where somebody was in before. */
  login?: string
  onDone: (login: string) => void
}

/** Login and password, and the authenticator's code where one is wanted. */
export function SignInForm({ login = '', onDone }: Props) {
  const { t } = useTranslation('session')
  const form = useForm({ initialValues: { login, password: '', code: '' } })
  const [withCode, setWithCode] = useState(false)
  const enter = useMutation({
    mutationFn: ({ code, ...who }: typeof form.values) => signIn({ ...who, ...(withCode && { code: code.replace(/\s/g, '') }) }),
    onSuccess: () => onDone(form.values.login),
    onError: (failure) => {
      if (isProblem(failure) && failure.type === codeDue) setWithCode(true)
      else if (withCode) form.setFieldValue('code', '')
    },
  })
  const refused = isProblem(enter.error, 401) && enter.error.type !== codeDue
  return (
    <form onSubmit={form.onSubmit((values) => enter.mutate(values))}>
      <Stack gap="sm">
        {refused && (
          <Alert color="red" role="alert">
            {withCode ? t('wrongCode') : t('wrong')}
          </Alert>
        )}
        {isProblem(enter.error, 429) && (
          <Alert color="red" role="alert">
            {t('wait', { count: Math.max(1, Math.round(enter.error.retryAfter)) })}
          </Alert>
        )}
        {enter.isError && !isProblem(enter.error, 401, 429) && <ProblemNote failure={enter.error} />}
        <TextInput
          label={t('login')}
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus={login === ''}
          disabled={withCode}
          {...form.getInputProps('login')}
        />
        <PasswordInput
          label={t('password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          autoFocus={login !== ''}
          disabled={withCode}
          visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
          {...form.getInputProps('password')}
        />
        {withCode && (
          <>
            <TextInput
              label={t('code')}
              description={t('codeAbout')}
              autoComplete="one-time-code"
              inputMode="text"
              required
              withAsterisk={false}
              autoFocus
              {...form.getInputProps('code')}
            />
            <Text size="xs" c="dimmed">
              {t('codeLost')}
            </Text>
          </>
        )}
        <Button type="submit" loading={enter.isPending} fullWidth mt="xs">
          {t('enter')}
        </Button>
        {withCode && (
          <Button
            variant="subtle"
            onClick={() => {
              setWithCode(false)
              enter.reset()
            }}
          >
            {t('other')}
          </Button>
        )}
      </Stack>
    </form>
  )
}
