import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, Outlet } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useSessionOver } from '~/session/session'
import { Broken } from './Broken'
import { NotFound } from './NotFound'

const SessionEnd = lazy(() => import('~/session/SessionEnd'))

function Root() {
  const over = useSessionOver()
  return (
    <>
      <Outlet />
      <Suspense>{over && <SessionEnd />}</Suspense>
    </>
  )
}

export const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: Broken,
})
