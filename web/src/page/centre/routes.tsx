import { IconHeadset, IconPhoneCall, IconStairs, IconUsersGroup } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { type Activity, activities } from '~/part/activity'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

export interface ListSearch {
  find?: string | undefined
  sort?: string | undefined
  desc?: true | undefined
  page?: number | undefined
}

export interface AgentSearch extends ListSearch {
  queue?: string | undefined
  activity?: Activity | undefined
}

export interface TierSearch extends ListSearch {
  queue?: string | undefined
}

interface CallSearch {
  find?: string | undefined
  queue?: string | undefined
}

interface DefinitionSearch {
  /** Empty for all switches; without a name it is a new one. */
  hostname?: string | undefined
  name?: string | undefined
}

// The router reads what looks like a number as one.
const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined)
const list = (search: Record<string, unknown>): ListSearch => ({
  find: text(search.find),
  sort: text(search.sort),
  desc: search.desc === true || undefined,
  page: typeof search.page === 'number' && search.page > 1 ? Math.floor(search.page) : undefined,
})

const queues = createRoute({
  getParentRoute: () => shellRoute,
  path: '/queues',
  staticData: { title: 'page.queues', rights: ['queues/see'] },
  validateSearch: list,
  component: page('centre', () => import('./Queues')),
})

const queue = createRoute({
  getParentRoute: () => shellRoute,
  path: '/queues/$switch/$name',
  staticData: { title: 'page.queue', rights: ['queues/see'] },
  component: page('centre', () => import('./Queue')),
})

const definitions = createRoute({
  getParentRoute: () => shellRoute,
  path: '/queues/definitions',
  staticData: { title: 'page.definitions', rights: ['queues/see'] },
  component: page('centre', () => import('./Definitions')),
})

const definition = createRoute({
  getParentRoute: () => shellRoute,
  path: '/queues/definition',
  staticData: { title: 'page.definition', rights: ['queues/see'] },
  validateSearch: (search): DefinitionSearch => ({ hostname: text(search.hostname), name: text(search.name) }),
  component: page('centre', () => import('./Definition')),
})

const agents = createRoute({
  getParentRoute: () => shellRoute,
  path: '/agents',
  staticData: { title: 'page.agents', rights: ['agents/see'] },
  validateSearch: (search): AgentSearch => ({
    ...list(search),
    queue: text(search.queue),
    activity: activities.find((activity) => activity === search.activity),
  }),
  component: page('centre', () => import('./Agents')),
})

const agent = createRoute({
  getParentRoute: () => shellRoute,
  path: '/agents/$switch/$name',
  staticData: { title: 'page.agent', rights: ['agents/see'] },
  component: page('centre', () => import('./Agent')),
})

const tiers = createRoute({
  getParentRoute: () => shellRoute,
  path: '/tiers',
  staticData: { title: 'page.tiers', rights: ['tiers/see'] },
  validateSearch: (search): TierSearch => ({ ...list(search), queue: text(search.queue) }),
  component: page('centre', () => import('./Tiers')),
})

const live = createRoute({
  getParentRoute: () => shellRoute,
  path: '/live',
  staticData: { title: 'page.live', rights: ['calls/see', 'calls/make'] },
  validateSearch: (search): CallSearch => ({ find: text(search.find), queue: text(search.queue) }),
  component: page('centre', () => import('./Live')),
})

export const routes = [queues, queue, definitions, definition, agents, agent, tiers, live] as const

export const entries: readonly Entry[] = [
  { to: '/live', label: 'page.live', icon: IconPhoneCall, rights: ['calls/see', 'calls/make'] },
  { to: '/queues', label: 'page.queues', icon: IconUsersGroup, rights: ['queues/see'] },
  { to: '/agents', label: 'page.agents', icon: IconHeadset, rights: ['agents/see'] },
  { to: '/tiers', label: 'page.tiers', icon: IconStairs, rights: ['tiers/see'] },
]
