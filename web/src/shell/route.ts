import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Loading } from '~/part/Loading'
import { sessionQuery } from '~/session/session'
import { Broken } from './Broken'
import { NotFound } from './NotFound'
import { rootRoute } from './root'

/** What only those see who are signed in: every page of a group is below it. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queries.ensureQueryData(sessionQuery)
    if (!session) throw redirect({ to: '/sign-in', search: { next: location.href } })
    if (session.mustChange) throw redirect({ to: '/password', search: { next: location.href } })
  },
  component: lazyRouteComponent(() => import('./Shell')),
  pendingComponent: Loading,
  errorComponent: Broken,
  notFoundComponent: NotFound,
})

/** What there is not is told inside the shell too. */
export const nowhereRoute = createRoute({ getParentRoute: () => shellRoute, path: '$', component: NotFound })
