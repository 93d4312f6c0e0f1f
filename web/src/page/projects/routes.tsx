import { IconArrowRampRight, IconBriefcase, IconWorldCheck } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined)

const projects = createRoute({
  getParentRoute: () => shellRoute,
  path: '/projects',
  staticData: { title: 'page.projects', rights: ['projects/see'] },
  validateSearch: (search: Record<string, unknown>): { q?: string | undefined } => ({ q: text(search.q) }),
  component: page('projects', () => import('./Projects')),
})

const project = createRoute({
  getParentRoute: () => shellRoute,
  path: '/projects/$id',
  staticData: { title: 'page.projects', rights: ['projects/see'] },
  component: page('projects', () => import('./Project')),
})

const routing = createRoute({
  getParentRoute: () => shellRoute,
  path: '/routes',
  staticData: { title: 'page.routes', rights: ['routes/see'] },
  validateSearch: (search: Record<string, unknown>): { q?: string | undefined } => ({ q: text(search.q) }),
  component: page('projects', () => import('./RouteList')),
})

// Names of routes may have a slash in them, and so are no part of a path.
const route = createRoute({
  getParentRoute: () => shellRoute,
  path: '/routes/edit',
  staticData: { title: 'page.routes', rights: ['routes/see'] },
  validateSearch: (search: Record<string, unknown>): { name?: string | undefined; project?: string | undefined } => ({
    name: text(search.name),
    project: text(search.project),
  }),
  component: page('projects', () => import('./Route')),
})

const rules = createRoute({
  getParentRoute: () => shellRoute,
  path: '/destinations',
  staticData: { title: 'page.destinations', rights: ['destinations/see'] },
  component: page('projects', () => import('./Rules')),
})

export const routes = [projects, project, routing, route, rules] as const

export const entries: readonly Entry[] = [
  { to: '/projects', label: 'page.projects', icon: IconBriefcase, rights: ['projects/see'] },
  { to: '/routes', label: 'page.routes', icon: IconArrowRampRight, rights: ['routes/see'] },
  { to: '/destinations', label: 'page.destinations', icon: IconWorldCheck, rights: ['destinations/see'] },
]
