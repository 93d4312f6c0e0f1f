import { Group } from '@mantine/core'
import { IconShieldCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { StatusBadge } from '~/part/StatusBadge'
import type { User } from './query'

/** Whether somebody can sign in, and what is wanted of him then. */
export function UserStatus({ user }: { user: User }) {
  const { t } = useTranslation('users')
  return (
    <Group gap={6} component="span">
      {user.status === 'active' && user.must_change ? (
        <StatusBadge tone="wait">{t('status.mustChange')}</StatusBadge>
      ) : (
        <StatusBadge tone={user.status === 'active' ? 'good' : user.status === 'inactive' ? 'bad' : 'off'}>
          {t(`status.${user.status}`)}
        </StatusBadge>
      )}
      {user.totp && <IconShieldCheck size={16} role="img" aria-label={t('totp.has')} />}
    </Group>
  )
}
