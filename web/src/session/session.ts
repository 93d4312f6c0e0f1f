import { queryOptions, useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { client, data, onPasswordDue, onSessionEnd, type Schema, setCSRF } from '~/api/client'
import { isProblem } from '~/api/problem'
import { queries } from '~/api/query'
import { closeStream, reopenStream } from '~/api/stream'

/** A right as callgate writes it, such as calls/search. */
export type Right = `${string}/${string}`

/** Who is signed in, and what he may. */
export class Session {
  readonly login: string
  readonly rights: readonly string[]
  /** Whose data he sees; none are all. */
  readonly projects: readonly string[]
  readonly mustChange: boolean
  readonly totp: boolean

  constructor(me: Schema<'Me'>) {
    this.login = me.login
    this.rights = me.rights
    this.projects = me.projects
    this.mustChange = me.must_change
    this.totp = me.totp
  }

  may(module: string, action: string): boolean {
    return this.rights.some((right) => {
      const [m, a] = right.split('/')
      return (m === '*' || m === module) && (a === '*' || a === action)
    })
  }

  /** Whether he has one of some rights; no rights are needed where none are named. */
  mayAny(rights: readonly Right[]): boolean {
    return rights.length === 0 || rights.some((right) => this.may(...(right.split('/') as [string, string])))
  }

  get seesNumbers() {
    return this.may('numbers', 'see')
  }

  get hearsRecordings() {
    return this.may('recordings', 'listen')
  }
}

// A browser that never signed in need not ask who it is: the refusal would be an error in its console.
const mark = 'callgate.signedIn'

/** The session as the API knows it; null where there is none. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: async (): Promise<Session | null> => {
    if (!localStorage.getItem(mark)) return null
    try {
      const [session, me] = await Promise.all([data(client.GET('/session')), data(client.GET('/me'))])
      setCSRF(session.csrf_token)
      return new Session(me)
    } catch (failure) {
      if (!isProblem(failure, 401) || somebody()) throw failure
      localStorage.removeItem(mark)
      return null
    }
  },
})

/** Whether somebody is in, as far as is known: his session may have ended since. */
const somebody = () => Boolean(queries.getQueryData<Session | null>(['session']))

/** Signs in; a problem of the type codeDue says that a code is wanted too. */
export async function signIn(body: Schema<'Credentials'>): Promise<void> {
  const session = await data(client.POST('/session', { body }))
  setCSRF(session.csrf_token)
  localStorage.setItem(mark, 'yes')
  queries.setQueryData(sessionQuery.queryKey, new Session(await data(client.GET('/me'))))
  beOver(false)
  reopenStream()
}

/** Signs out; the page begins anew then. */
export async function signOut(): Promise<void> {
  try {
    await data(client.DELETE('/session'))
  } catch (failure) {
    if (!isProblem(failure, 401)) throw failure
  }
  localStorage.removeItem(mark)
}

let over = false
const told = new Set<() => void>()

function beOver(now: boolean) {
  over = now
  for (const tell of told) tell()
}

// A page stays as it is when its session ends: what was typed into it is not lost while its user signs in again.
onSessionEnd(() => {
  if (over || !somebody()) return
  closeStream()
  beOver(true)
})

// Whoever is in may be told to change it at any time.
onPasswordDue(() => {
  const session = queries.getQueryData(sessionQuery.queryKey)
  if (session && !session.mustChange) void queries.invalidateQueries({ queryKey: sessionQuery.queryKey })
})

/** Whether the session of who was in is over: whatever is asked for is refused. */
export const useSessionOver = () =>
  useSyncExternalStore(
    (tell) => {
      told.add(tell)
      return () => told.delete(tell)
    },
    () => over,
  )

/** Who is signed in. For what is inside the shell, where somebody is. */
export function useSession(): Session {
  const { data: session } = useQuery(sessionQuery)
  if (!session) throw new Error('nobody is signed in here')
  return session
}
