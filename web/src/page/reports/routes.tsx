import { IconChartBar } from '@tabler/icons-react'
import { createRoute, redirect } from '@tanstack/react-router'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'
import { i18n } from '~/text/i18n'
import { reports as names, readSearch } from './search'
import { views } from './views'

const either = ['reports/see', 'reports/schedule'] as const

const reports = createRoute({
  getParentRoute: () => shellRoute,
  path: '/reports',
  staticData: { title: 'page.reports', rights: either },
  beforeLoad: () => {
    throw redirect({ to: '/reports/$report', params: { report: 'centre' }, replace: true })
  },
})

const report = createRoute({
  getParentRoute: () => shellRoute,
  path: '/reports/$report',
  staticData: { title: 'page.reports', rights: ['reports/see'] },
  validateSearch: readSearch,
  // What shows the report is fetched along with the page around it: once one is shown that waits, React is in no hurry to show more.
  loader: async ({ params }) => {
    const name = names.find((one) => one === params.report)
    return name && (await views[name]()).default
  },
  // What calls' endings are called is said with the calls.
  component: page('reports', () => Promise.all([import('./Report'), i18n.loadNamespaces('calls')]).then(([file]) => file)),
})

const schedules = createRoute({
  getParentRoute: () => shellRoute,
  path: '/reports/schedules',
  staticData: { title: 'page.schedules', rights: ['reports/schedule'] },
  component: page('reports', () => import('./Schedules')),
})

const newSchedule = createRoute({
  getParentRoute: () => shellRoute,
  path: '/reports/schedules/new',
  staticData: { title: 'page.schedules', rights: ['reports/schedule'] },
  validateSearch: (said) => ({ ...readSearch(said), report: said.report === undefined ? undefined : String(said.report) }),
  component: page('reports', () => import('./NewSchedule')),
})

const schedule = createRoute({
  getParentRoute: () => shellRoute,
  path: '/reports/schedules/$id',
  staticData: { title: 'page.schedules', rights: ['reports/schedule'] },
  component: page('reports', () => import('./Schedule')),
})

export const routes = [reports, report, schedules, newSchedule, schedule] as const

export const entries: readonly Entry[] = [{ to: '/reports', label: 'page.reports', icon: IconChartBar, rights: either }]
