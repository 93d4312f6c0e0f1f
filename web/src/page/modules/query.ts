import { notifications } from '@mantine/notifications'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, data } from '~/api/client'
import { type Module, nextChange, type Target } from './state'

const longestTimer = 2 ** 31 - 1 // milliseconds: what a browser can wait for

export const modulesQuery = queryOptions({
  queryKey: ['modules'],
  queryFn: async () => (await data(client.GET('/modules'))) ?? [],
  // What was planned comes by itself: it is looked at again just then.
  refetchInterval: ({ state }) => {
    const next = state.data && nextChange(state.data)
    return next === undefined ? false : Math.min(Math.max(next - Date.now(), 0) + 500, longestTimer)
  },
})

/** A change of a switch. */
export interface Order {
  target: Target
  /** Undefined forgets what was planned. */
  on?: boolean
  /** From when on; at once without it. */
  from?: Date
  /** When it is to be the other way round again. */
  until?: Date
  /** What is told when it is done. */
  told: string
}

const put = ({ module, action, project }: Target, on: boolean, from?: Date) =>
  data(
    client.PUT('/modules/{module}/{action}', {
      params: { path: { module, action }, query: project ? { project } : {} },
      body: { on, ...(from && { from: from.toISOString() }) },
    }),
  )

async function carryOut({ target, on, from, until }: Order): Promise<Module> {
  const { module, action, project } = target
  if (on === undefined) {
    return data(client.DELETE('/modules/{module}/{action}', { params: { path: { module, action }, query: project ? { project } : {} } }))
  }
  const done = await put(target, on, from)
  return until ? put(target, !on, until) : done
}

/** Switches, and shows at once how it is then. */
export function useOrders({ onDone }: { onDone?: () => void } = {}) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: carryOut,
    onSuccess: (now, { told }) => {
      queries.setQueryData(modulesQuery.queryKey, (all) => all?.map((one) => (one.module === now.module ? now : one)))
      notifications.show({ message: told })
      onDone?.()
    },
    // A second change may have failed after the first: what is shown shall be what is.
    onSettled: (_, failure) => {
      if (failure) void queries.invalidateQueries({ queryKey: modulesQuery.queryKey, exact: true })
      void queries.invalidateQueries({ queryKey: ['modules', 'history'] })
    },
  })
}
