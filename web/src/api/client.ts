import createClient from 'openapi-fetch'
import { Problem, passwordDue } from './problem'
import { reached } from './reach'
import type { components, paths } from './schema'

export const base = '/api/v1'

/** A thing of the API by its name in the document. */
export type Schema<K extends keyof components['schemas']> = components['schemas'][K]

let csrf = ''
/** What the session's answer has; goes along with whatever is not a GET. */
export const setCSRF = (token: string) => {
  csrf = token
}

let ended: () => void = () => {}
/** Whom to tell that the session is over. */
export const onSessionEnd = (tell: () => void) => {
  ended = tell
}

let due: () => void = () => {}
/** Whom to tell that the password has to be changed before anything else. */
export const onPasswordDue = (tell: () => void) => {
  due = tell
}

/** Asks like fetch, with the session's word. A refusal is an answer too: only where none comes a problem is thrown. */
export async function answerTo(request: Request): Promise<Response> {
  if (request.method !== 'GET') request.headers.set('X-CSRF-Token', csrf)
  const answer = await fetch(request).catch((failure: unknown) => {
    if (!request.signal.aborted) reached(false)
    throw request.signal.aborted ? failure : new Problem(0, {})
  })
  reached(true)
  // Signing in is refused with that status too, and there is no session to end.
  if (answer.status === 401 && !(request.method === 'POST' && new URL(request.url).pathname === `${base}/session`)) ended()
  return answer
}

/** Asks like fetch, with the session's word and with failures as problems. For what has no operation's form, such as files. */
export async function ask(request: Request): Promise<Response> {
  const answer = await answerTo(request)
  if (answer.ok) return answer
  const problem = await Problem.of(answer)
  if (problem.type === passwordDue) due()
  throw problem
}

export const client = createClient<paths>({ baseUrl: base, credentials: 'same-origin', fetch: ask })

interface Answer<T> {
  data?: T
  response: Response
}

/** What an operation answers; throws a Problem: `await data(client.GET('/users'))`. */
export async function data<T>(asked: Promise<Answer<T>>): Promise<T> {
  return (await asked).data as T
}

/** A thing and the ETag with which it was read, for `ifMatch` of its change. */
export interface Tagged<T> {
  value: T
  etag: string
}

/** What an operation answers, with its ETag. */
export async function tagged<T>(asked: Promise<Answer<T>>): Promise<Tagged<T>> {
  const answer = await asked
  return { value: answer.data as T, etag: answer.response.headers.get('ETag') ?? '' }
}

/** The header of a change that is made only while the thing is as it was read: `params: { path, header: ifMatch(etag) }`. */
export const ifMatch = (etag: string) => ({ 'If-Match': etag })
