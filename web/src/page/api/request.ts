import { base } from '~/api/client'
import type { Operation } from './document'

/** What was filled in: by `in name`, each a text or several. */
export type Values = Readonly<Record<string, string | readonly string[]>>

export const keyOf = ({ in: place, name }: { in: string; name: string }) => `${place} ${name}`

export interface Filled {
  url: string
  headers: [string, string][]
  body: string | undefined
}

/** The request that these values make. */
export function filled({ path, parameters, body: shape }: Operation, values: Values, body: string): Filled {
  let at = path
  const query = new URLSearchParams()
  const headers: [string, string][] = []
  for (const parameter of parameters) {
    const value = values[keyOf(parameter)] ?? ''
    const all = typeof value === 'string' ? (value === '' ? [] : [value]) : value
    if (parameter.in === 'path') at = all[0] === undefined ? at : at.replace(`{${parameter.name}}`, encodeURIComponent(all[0]))
    else if (parameter.in === 'query')
      for (const one of parameter.explode === false && all.length > 0 ? [all.join(',')] : all) query.append(parameter.name, one)
    else if (parameter.in === 'header' && all[0] !== undefined) headers.push([parameter.name, all[0]])
  }
  const sent = shape && body.trim() !== '' ? body : undefined
  if (sent !== undefined) headers.push(['Content-Type', 'application/json'])
  const asked = query.toString()
  return { url: `${base}${at}${asked && `?${asked}`}`, headers, body: sent }
}

/** Text as a shell takes it, whatever is in it. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** The same request for a command line, with a token in the place of the session. */
export function curl(method: string, origin: string, { url, headers, body }: Filled): string {
  const lines = [
    `curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} ${quoted(origin + url)}`,
    '-H "Authorization: Bearer $TOKEN"',
  ]
  for (const [name, value] of headers) lines.push(`-H ${quoted(`${name}: ${value}`)}`)
  if (body !== undefined) lines.push(`-d ${quoted(body)}`)
  return lines.join(' \\\n  ')
}
