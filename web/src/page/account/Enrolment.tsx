import { Button, Code, CopyButton, Group, List, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { ProblemNote } from '~/part/ProblemNote'
import { useSave } from '~/part/save'
import { QR } from './QR'
import { RecoveryCodes } from './RecoveryCodes'

/** The way to an authenticator: one's password, the secret, a code of it, and codes for when it is lost. */
export function Enrolment({ onDone }: { onDone: () => void }) {
  const [told, setTold] = useState<{ secret: string; uri: string }>()
  const [codes, setCodes] = useState<readonly string[]>()
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />
  return told ? <Confirmation {...told} onDone={setCodes} /> : <Beginning onDone={setTold} />
}

function Beginning({ onDone }: { onDone: (told: { secret: string; uri: string }) => void }) {
  const { t } = useTranslation(['account', 'session'])
  const form = useForm({ initialValues: { old_password: '' } })
  const save = useSave(form, (body) => data(client.POST('/me/totp', { body })), {
    onSaved: onDone,
    say: () => t('session:wrongOld'),
  })
  return (
    <form onSubmit={save.submit}>
      <Stack gap="sm">
        {save.failure !== undefined && <ProblemNote failure={save.failure} />}
        <Text size="sm">{t('totp.need')}</Text>
        <PasswordInput
          label={t('session:oldPassword')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          visibilityToggleButtonProps={{ 'aria-label': t('session:showPassword') }}
          {...form.getInputProps('old_password')}
        />
        <Button type="submit" loading={save.saving}>
          {t('totp.next')}
        </Button>
      </Stack>
    </form>
  )
}

function Confirmation({ secret, uri, onDone }: { secret: string; uri: string; onDone: (codes: readonly string[]) => void }) {
  const { t } = useTranslation('account')
  const form = useForm({ initialValues: { code: '' } })
  const save = useSave(form, ({ code }) => data(client.POST('/me/totp/confirm', { body: { code: code.replace(/\s/g, '') } })), {
    onSaved: ({ recovery_codes }) => onDone(recovery_codes),
    say: () => t('totp.wrongCode'),
  })
  return (
    <form onSubmit={save.submit}>
      <Stack gap="sm">
        {save.failure !== undefined && <ProblemNote failure={save.failure} />}
        <List type="ordered" size="sm" spacing={4}>
          <List.Item>{t('totp.scan')}</List.Item>
          <List.Item>{t('totp.type')}</List.Item>
        </List>
        <Group justify="center">
          <QR text={uri} label={t('totp.qr')} />
        </Group>
        <div>
          <Text size="xs" c="dimmed">
            {t('totp.byHand')}
          </Text>
          <Group gap="xs">
            <Code fz="sm">{secret.replace(/(.{4})(?=.)/g, '$1 ')}</Code>
            <CopyButton value={secret}>
              {({ copied, copy }) => (
                <Button size="compact-xs" variant="subtle" onClick={copy}>
                  {copied ? t('copied') : t('copy')}
                </Button>
              )}
            </CopyButton>
          </Group>
        </div>
        <TextInput
          label={t('totp.code')}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          data-autofocus
          {...form.getInputProps('code')}
        />
        <Button type="submit" loading={save.saving}>
          {t('totp.confirm')}
        </Button>
      </Stack>
    </form>
  )
}
