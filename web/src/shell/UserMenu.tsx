import { Menu, Text, UnstyledButton } from '@mantine/core'
import { IconLogout, IconUserCircle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { leave } from '~/session/leave'
import { useSession } from '~/session/session'
import style from './Shell.module.css'

export function UserMenu() {
  const { t } = useTranslation('nav')
  const { login } = useSession()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <UnstyledButton className={style.user} aria-label={t('user.menu', { login })}>
          <IconUserCircle size={20} stroke={1.5} aria-hidden />
          <Text size="sm" component="span" visibleFrom="sm" maw={180} truncate>
            {login}
          </Text>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{login}</Menu.Label>
        <Menu.Item leftSection={<IconUserCircle size={16} />} renderRoot={(props) => <Link to="/account" {...props} />}>
          {t('user.account')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          {t('user.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
