import { IconPhone } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { oneOf } from '~/part/search'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'
import { readSearch } from './search'

const calls = createRoute({
  getParentRoute: () => shellRoute,
  path: '/calls',
  staticData: { title: 'page.calls', rights: ['calls/search'] },
  validateSearch: readSearch,
  component: page('calls', () => import('./Calls')),
})

export const callTabs = ['legs', 'decisions', 'cdr'] as const

const call = createRoute({
  getParentRoute: () => shellRoute,
  path: '/calls/$id',
  staticData: { title: 'page.call', rights: ['calls/search'] },
  validateSearch: (said): { tab?: (typeof callTabs)[number] | undefined } => ({ tab: oneOf(said.tab, callTabs) }),
  component: page('calls', () => import('./Call')),
})

export const routes = [calls, call] as const

export const entries: readonly Entry[] = [{ to: '/calls', label: 'page.calls', icon: IconPhone, rights: ['calls/search'] }]
