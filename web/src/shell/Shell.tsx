import { Anchor, AppShell, Burger, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Navigate, Outlet, useLocation, useMatches } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Forbidden } from '~/part/Forbidden'
import { useSession } from '~/session/session'
import { ConnectionState } from './ConnectionState'
import { LanguageSwitch } from './LanguageSwitch'
import { Logo } from './Logo'
import { Navigation } from './Navigation'
import style from './Shell.module.css'
import { sectionsOf } from './sections'
import { ThemeSwitch } from './ThemeSwitch'
import { UserMenu } from './UserMenu'

const PasswordDue = lazy(() => import('~/session/PasswordDue'))

/** What surrounds every page of who is signed in. */
export default function Shell() {
  const { t } = useTranslation(['nav', 'common'])
  const [opened, { toggle, close }] = useDisclosure()
  const session = useSession()
  const { title, rights = [] } = useMatches({ select: (matches) => matches.at(-1)?.staticData ?? {} })
  const allowed = session.mayAny(rights)
  // Who may not see the page that the panel begins with begins with the first one that he may.
  const atHome = useLocation({ select: ({ pathname }) => pathname === '/' })
  const first = sectionsOf(session)[0]?.entries[0]
  useEffect(() => {
    document.title = title ? `${t(title)} · callgate` : 'callgate'
  }, [title, t])
  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 232, breakpoint: 'md', collapsed: { mobile: !opened } }} padding="md">
      <AppShell.Header>
        <Anchor href="#main" className={style.skip}>
          {t('skip')}
        </Anchor>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="md" size="sm" aria-label={t('menu')} />
            <Link to="/" className={style.home}>
              <Logo />
            </Link>
          </Group>
          <Group gap={4} wrap="nowrap">
            <ConnectionState />
            <LanguageSwitch />
            <ThemeSwitch />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('navigation')} className={style.navbar}>
        <Navigation onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={style.main}>
        {allowed ? <Outlet /> : atHome && first ? <Navigate to={first.to} replace /> : <Forbidden rights={rights} />}
        <Suspense>{session.mustChange && <PasswordDue />}</Suspense>
      </AppShell.Main>
    </AppShell>
  )
}
