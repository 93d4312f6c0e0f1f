import { IconToggleRight } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Right } from '~/session/session'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

const rights: readonly Right[] = ['modules/see']

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined)

/** Which modules are shown. */
export type Show = 'off' | 'planned'

interface ModulesSearch {
  project?: string | undefined
  show?: Show | undefined
  find?: string | undefined
}

const modules = createRoute({
  getParentRoute: () => shellRoute,
  path: '/modules',
  staticData: { title: 'page.modules', rights },
  validateSearch: (search: Record<string, unknown>): ModulesSearch => ({
    project: text(search.project),
    show: search.show === 'off' || search.show === 'planned' ? search.show : undefined,
    find: text(search.find),
  }),
  component: page('modules', () => import('./Modules')),
})

interface HistorySearch {
  module?: string | undefined
  action?: string | undefined
  project?: string | undefined
}

const history = createRoute({
  getParentRoute: () => shellRoute,
  path: '/modules/history',
  staticData: { title: 'page.modules', rights },
  validateSearch: (search: Record<string, unknown>): HistorySearch => {
    const [module, action] = [text(search.module), text(search.action)]
    // The API looks for the switch of one action only by both.
    return module && action
      ? { module, action, project: text(search.project) }
      : { module: undefined, action: undefined, project: undefined }
  },
  component: page('modules', () => import('./History')),
})

export const routes = [modules, history] as const

export const entries: readonly Entry[] = [{ to: '/modules', label: 'page.modules', icon: IconToggleRight, rights }]
