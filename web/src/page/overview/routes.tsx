import { IconLayoutDashboard } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { type Activity, activities } from '~/part/activity'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

interface Search {
  /** The board alone, for a screen on a wall. */
  wall?: true | undefined
  project?: string | undefined
  /** Whose agents are shown. */
  queue?: string | undefined
  activity?: Activity | undefined
}

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined)

const overview = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  staticData: { title: 'page.overview', rights: ['queues/see', 'agents/see', 'calls/see'] },
  validateSearch: (search): Search => ({
    wall: search.wall === true || undefined,
    project: text(search.project),
    queue: text(search.queue),
    activity: activities.find((activity) => activity === search.activity),
  }),
  component: page('overview', () => import('./Overview')),
})

export const routes = [overview] as const

export const entries: readonly Entry[] = [
  { to: '/', label: 'page.overview', icon: IconLayoutDashboard, rights: ['queues/see', 'agents/see', 'calls/see'] },
]
