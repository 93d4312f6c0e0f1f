import { createRoute } from '@tanstack/react-router'
import { page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'

const account = createRoute({
  getParentRoute: () => shellRoute,
  path: '/account',
  staticData: { title: 'page.account' },
  component: page(['account', 'session'], () => import('./Account')),
})

export const routes = [account] as const
