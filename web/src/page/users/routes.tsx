import { IconUser } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Right } from '~/session/session'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

const rights: readonly Right[] = ['users/see']

const statuses = ['active', 'inactive', 'deleted', 'all'] as const
export type StatusFilter = (typeof statuses)[number]

interface UsersSearch {
  find?: string | undefined
  /** Without it all but the deleted ones. */
  status?: StatusFilter | undefined
}

const users = createRoute({
  getParentRoute: () => shellRoute,
  path: '/users',
  staticData: { title: 'page.users', rights },
  validateSearch: ({ find, status }: Record<string, unknown>): UsersSearch => ({
    find: typeof find === 'string' || typeof find === 'number' ? String(find) || undefined : undefined,
    status: statuses.find((one) => one === status),
  }),
  component: page('users', () => import('./Users')),
})

const newUser = createRoute({
  getParentRoute: () => shellRoute,
  path: '/users/new',
  staticData: { title: 'page.users', rights: ['users/edit'] },
  component: page(['users', 'account', 'session'], () => import('./NewUser')),
})

export const tabs = ['rights', 'access', 'keys', 'signins'] as const
export type Tab = (typeof tabs)[number]

const user = createRoute({
  getParentRoute: () => shellRoute,
  path: '/users/of/$login',
  staticData: { title: 'page.users', rights },
  validateSearch: ({ tab }: Record<string, unknown>): { tab?: Tab | undefined } => ({ tab: tabs.find((one) => one === tab) }),
  component: page(['users', 'account', 'session'], () => import('./User')),
})

export const routes = [users, newUser, user] as const

export const entries: readonly Entry[] = [{ to: '/users', label: 'page.users', icon: IconUser, rights }]
