import { ActionIcon, Button, CopyButton, Group, Input, PasswordInput, type PasswordInputProps, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy, IconDice5 } from '@tabler/icons-react'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'

interface Props extends Omit<PasswordInputProps, 'value' | 'onChange'> {
  value?: string
  onChange: (password: string) => void
}

// Without what is taken for another when it is read out.
const signs = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789'
const length = 14

function draw(): string {
  // Whole rounds of the alphabet only, or its first signs came more often.
  const limit = 256 - (256 % signs.length)
  let password = ''
  while (password.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < limit && password.length < length) password += signs[byte % signs.length]
    }
  }
  return password
}

/** A password for somebody else: typed, or drawn. */
export function NewPassword({ value = '', onChange, label, error, ...rest }: Props) {
  const { t } = useTranslation(['users', 'account', 'session'])
  const [visible, setVisible] = useState(false)
  const id = useId()
  return (
    <Input.Wrapper
      labelProps={{ htmlFor: id }}
      descriptionProps={{ id: `${id}-about` }}
      label={label}
      description={t('session:passwordAbout')}
      error={error}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
    >
      <Group gap="xs" mb={4}>
        <PasswordInput
          id={id}
          flex="1 1 15rem"
          maw={320}
          autoComplete="new-password"
          aria-describedby={`${id}-about`}
          visible={visible}
          onVisibilityChange={setVisible}
          visibilityToggleButtonProps={{ 'aria-label': t('session:showPassword') }}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          error={Boolean(error)}
          {...rest}
        />
        <Group gap={4} wrap="nowrap">
          <Button
            variant="default"
            leftSection={<IconDice5 size={16} />}
            onClick={() => {
              onChange(draw())
              setVisible(true)
            }}
          >
            {t('password.draw')}
          </Button>
          <CopyButton value={value}>
            {({ copied, copy }) => (
              <Tooltip label={copied ? t('account:copied') : t('account:copy')}>
                <ActionIcon variant="default" size={36} onClick={copy} disabled={value === ''} aria-label={t('password.copy')}>
                  {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
                </ActionIcon>
              </Tooltip>
            )}
          </CopyButton>
        </Group>
      </Group>
    </Input.Wrapper>
  )
}

/** What is wrong with a new password, as far as it can be told here. */
export function usePasswordCheck() {
  const { t } = useTranslation('session')
  return (password: string, login: string) =>
    password.length < 8 ? t('short') : password.toLowerCase() === login.toLowerCase() ? t('asLogin') : null
}
