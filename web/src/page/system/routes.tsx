import { IconServer } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

const system = createRoute({
  getParentRoute: () => shellRoute,
  path: '/system',
  staticData: { title: 'page.system', rights: ['system/see'] },
  component: page('system', () => import('./System')),
})

interface Span {
  /** Days, as 2026-11-27. */
  from?: string | undefined
  to?: string | undefined
}

const day = (value: unknown) => (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined)
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

const gaps = createRoute({
  getParentRoute: () => shellRoute,
  path: '/system/gaps',
  staticData: { title: 'page.system', rights: ['cdr/gaps'] },
  validateSearch: (search: Record<string, unknown>): Span & { switch?: string | undefined } => ({
    from: day(search.from),
    to: day(search.to),
    switch: text(search.switch),
  }),
  component: page('system', () => import('./Gaps')),
})

const recordings = createRoute({
  getParentRoute: () => shellRoute,
  path: '/system/recordings',
  staticData: { title: 'page.system', rights: ['recordings/see'] },
  validateSearch: (search: Record<string, unknown>): Span => ({ from: day(search.from), to: day(search.to) }),
  component: page('system', () => import('./Recordings')),
})

export const routes = [system, gaps, recordings] as const

export const entries: readonly Entry[] = [{ to: '/system', label: 'page.system', icon: IconServer, rights: ['system/see'] }]
