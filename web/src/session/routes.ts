import { createRoute, redirect } from '@tanstack/react-router'
import { page } from '~/shell/entry'
import { rootRoute } from '~/shell/root'
import { sessionQuery } from './session'

interface Next {
  /** Where to go when it is done: a path of the panel. */
  next?: string | undefined
}

// Only a path of ours: a link to the sign-in page must not lead anywhere else. A key that is left out would come as it is.
const validateSearch = ({ next }: Record<string, unknown>): Next => ({
  next: typeof next === 'string' && /^\/(?!\/)/.test(next) ? next : undefined,
})

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch,
  beforeLoad: async ({ context, search }) => {
    if (await context.queries.ensureQueryData(sessionQuery)) throw redirect({ to: search.next ?? '/' })
  },
  component: page('session', () => import('./SignInPage')),
})

/** The change of a password without which nothing else is open. */
export const passwordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/password',
  validateSearch,
  beforeLoad: async ({ context, search }) => {
    const session = await context.queries.ensureQueryData(sessionQuery)
    if (!session) throw redirect({ to: '/sign-in', search })
    if (!session.mustChange) throw redirect({ to: search.next ?? '/' })
  },
  component: page('session', () => import('./PasswordPage')),
})
