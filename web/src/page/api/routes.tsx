import { IconCode } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { partial } from '~/part/partial'
import { text } from '~/part/search'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

const api = createRoute({
  getParentRoute: () => shellRoute,
  path: '/api',
  staticData: { title: 'page.api', rights: [] },
  validateSearch: (said: Record<string, unknown>) => partial({ operation: text(said.operation) }),
  component: page('api', () => import('./Api')),
})

export const routes = [api] as const

export const entries: readonly Entry[] = [{ to: '/api', label: 'page.api', icon: IconCode, rights: [] }]
