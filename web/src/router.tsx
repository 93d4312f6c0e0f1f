import { createRouter } from '@tanstack/react-router'
import { queries } from '~/api/query'
import * as account from '~/page/account/routes'
import * as api from '~/page/api/routes'
import * as calls from '~/page/calls/routes'
import * as centre from '~/page/centre/routes'
import * as logs from '~/page/logs/routes'
import * as modules from '~/page/modules/routes'
import * as overview from '~/page/overview/routes'
import * as projects from '~/page/projects/routes'
import * as reports from '~/page/reports/routes'
import * as settings from '~/page/settings/routes'
import * as sms from '~/page/sms/routes'
import * as system from '~/page/system/routes'
import * as users from '~/page/users/routes'
import { passwordRoute, signInRoute } from '~/session/routes'
import { rootRoute } from '~/shell/root'
import { nowhereRoute, shellRoute } from '~/shell/route'

const tree = rootRoute.addChildren([
  signInRoute,
  passwordRoute,
  shellRoute.addChildren([
    ...account.routes,
    ...overview.routes,
    ...calls.routes,
    ...centre.routes,
    ...sms.routes,
    ...reports.routes,
    ...modules.routes,
    ...users.routes,
    ...projects.routes,
    ...settings.routes,
    ...logs.routes,
    ...api.routes,
    ...system.routes,
    nowhereRoute,
  ]),
])

export const router = createRouter({
  routeTree: tree,
  basepath: '/panel',
  context: { queries },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0, // what is fetched, and for how long, is the queries' business
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
