// How a provider over HTTP is asked and what its answers mean: docs/sms-providers.md tells every field. The form changes what it shows
// and leaves alone what it does not.

export const methods = ['POST', 'GET', 'PUT'] as const
export const authKinds = ['none', 'basic', 'bearer', 'header', 'query'] as const
export const bodyKinds = ['form', 'json', 'none'] as const
export type BodyKind = (typeof bodyKinds)[number]
export const comparisons = ['equals', 'one_of', 'none_of', 'present'] as const
export type Comparison = (typeof comparisons)[number]

type Scalar = string | number | boolean

export interface Condition {
  path: string | string[]
  equals?: Scalar
  one_of?: Scalar[]
  none_of?: Scalar[]
  present?: boolean
}

export interface Rule {
  status?: string | number
  where?: Condition[]
  body?: string
  wait?: number
}

export interface Auth {
  kind?: (typeof authKinds)[number]
  user?: string
  password?: string
  token?: string
  name?: string
  value?: string
}

export interface Sending {
  method?: string
  url?: string
  headers?: Record<string, string>
  auth?: Auth
  query?: Record<string, string>
  form?: Record<string, string>
  json?: unknown
  timeout?: number
  taken?: Rule[]
  later?: Rule[]
  refused?: Rule[]
  id?: string | string[]
  reason?: unknown
}

export interface Need {
  name: string
  title: string
  secret?: boolean
  optional?: boolean
  unless?: string
  default?: string
}

export interface Description {
  title?: string
  needs?: Need[]
  number?: 'plus' | 'digits'
  send?: Sending
  [other: string]: unknown
}

/** What one begins with: a provider that takes a form with a key, and answers with JSON. */
export const blank: Description = {
  title: '',
  needs: [{ name: 'key', title: 'API key', secret: true }],
  number: 'plus',
  send: {
    method: 'POST',
    url: 'https://',
    auth: { kind: 'bearer', token: '{key}' },
    json: { to: '{number}', text: '{text}', from: '{from}' },
    taken: [{ status: '200-299', where: [{ path: 'id', present: true }] }],
    id: 'id',
    reason: 'error',
  },
}

/** A path, or several of which the first counts, as one line. */
export const pathText = (path: unknown): string => (Array.isArray(path) ? path.join(' | ') : typeof path === 'string' ? path : '')

export const pathOf = (typed: string): string | string[] | undefined => {
  const all = typed.split('|').map((one) => one.trim())
  return all.length > 1 ? all : all[0] || undefined
}

/** Paths each of which may be several: [["code", "status"], "text"] is a line for each. */
export const pathsText = (paths: unknown): string => (Array.isArray(paths) ? paths.map(pathText).join('\n') : pathText(paths))

export function pathsOf(typed: string): unknown {
  const lines = typed.split('\n').flatMap((line) => {
    const path = pathOf(line)
    return path === undefined ? [] : [path]
  })
  return lines.length > 1 || Array.isArray(lines[0]) ? lines : lines[0]
}

/** How a condition compares, and with what, as one line. */
export function comparisonOf(condition: Condition): { kind: Comparison; value: string } {
  if (condition.equals !== undefined) return { kind: 'equals', value: String(condition.equals) }
  if (condition.one_of) return { kind: 'one_of', value: condition.one_of.join(', ') }
  if (condition.none_of) return { kind: 'none_of', value: condition.none_of.join(', ') }
  return { kind: 'present', value: String(condition.present ?? true) }
}

export function condition(path: string, kind: Comparison, value: string): Condition {
  const from = pathOf(path) ?? ''
  const list = () =>
    value
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean)
  switch (kind) {
    case 'equals':
      return { path: from, equals: value }
    case 'one_of':
      return { path: from, one_of: list() }
    case 'none_of':
      return { path: from, none_of: list() }
    case 'present':
      return { path: from, present: value !== 'false' }
  }
}

/** A change in which what is undefined, or empty, takes a member away. */
export type Change<T> = { [K in keyof T]?: T[K] | undefined }

export const changed = <T extends object>(of: T, change: Change<T>): T =>
  Object.fromEntries(Object.entries({ ...of, ...change }).filter(([, value]) => value !== undefined && value !== '')) as T
