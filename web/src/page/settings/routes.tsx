import { IconSettings } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

const settings = createRoute({
  getParentRoute: () => shellRoute,
  path: '/settings',
  staticData: { title: 'page.settings', rights: ['settings/see'] },
  component: page('settings', () => import('./Settings')),
})

const group = createRoute({
  getParentRoute: () => shellRoute,
  path: '/settings/$group',
  staticData: { title: 'page.settings', rights: ['settings/see'] },
  component: page('settings', () => import('./SettingGroup')),
})

export const routes = [settings, group] as const

export const entries: readonly Entry[] = [{ to: '/settings', label: 'page.settings', icon: IconSettings, rights: ['settings/see'] }]
