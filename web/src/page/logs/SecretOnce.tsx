import { Button, CopyButton, Group, Modal, Stack, Text } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import style from './Logs.module.css'

interface Props {
  secret: string | undefined
  onClose: () => void
  /** The one before signs too for a day. */
  renewed?: boolean
}

/** Shows a secret that nobody is shown again: it is closed by its button only. */
export function SecretOnce({ secret, onClose, renewed = false }: Props) {
  const { t } = useTranslation(['logs', 'common'])
  return (
    <Modal
      opened={secret !== undefined}
      onClose={onClose}
      title={t('secret.title')}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="sm">
        <Text size="sm">{t('secret.text')}</Text>
        <div className={style.secret}>{secret}</div>
        {renewed && <Text size="sm">{t('secret.renewed')}</Text>}
        <Group justify="flex-end" gap="xs" mt="xs">
          <CopyButton value={secret ?? ''}>
            {({ copied, copy }) => (
              <Button
                variant="default"
                leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
                onClick={copy}
                data-autofocus
              >
                {t(copied ? 'common:action.copied' : 'common:action.copy')}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>{t('secret.done')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
