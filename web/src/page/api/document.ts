import type { Right } from '~/session/session'

// What the console reads of the API's OpenAPI document.

export interface Shape {
  $ref?: string
  type?: string | string[]
  format?: string
  description?: string
  enum?: (string | number)[]
  default?: unknown
  examples?: unknown[]
  minimum?: number
  maximum?: number
  maxLength?: number
  properties?: Record<string, Shape>
  required?: string[]
  items?: Shape
  additionalProperties?: boolean | Shape
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  /** A list is several parameters of that name, and not one with commas in it. */
  explode?: boolean
  description?: string
  schema: Shape
}

interface Told {
  operationId: string
  summary?: string
  description?: string
  tags?: string[]
  parameters?: Parameter[]
  requestBody?: { content?: Record<string, { schema?: Shape }> }
}

export interface Document {
  paths: Record<string, Record<string, Told>>
  components?: { schemas?: Record<string, Shape> }
}

export interface Operation {
  id: string
  method: Method
  path: string
  summary: string
  /** In the API's words, without what it says of rights. */
  about: string
  tag: string
  /** What it takes to be answered; none where it says so in other words. */
  right: Right | undefined
  parameters: readonly Parameter[]
  body: Shape | undefined
}

export const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
export type Method = (typeof methods)[number]

const rightWords = /\s*Right: `([a-z-]+\/[a-z*-]+)`\.?\s*$/

/** All that can be asked, in the document's order. */
export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const told = item[method]
      if (!told) return []
      const description = told.description ?? ''
      return {
        id: told.operationId,
        method,
        path,
        summary: told.summary ?? '',
        about: description.replace(rightWords, ''),
        tag: told.tags?.[0] ?? '',
        right: rightWords.exec(description)?.[1] as Right | undefined,
        parameters: told.parameters ?? [],
        body: told.requestBody?.content?.['application/json']?.schema,
      }
    }),
  )
}

/** A shape itself where it is but named. */
export function resolved(shape: Shape, document: Document): Shape {
  const name = shape.$ref?.split('/').at(-1)
  return (name && document.components?.schemas?.[name]) || shape
}

/** Of what type it is, but for null. */
export const typeOf = (shape: Shape): string =>
  (Array.isArray(shape.type) ? shape.type.find((type) => type !== 'null') : shape.type) ?? (shape.properties ? 'object' : 'string')

/** What has to be in a body, to be filled in. */
export function example(of: Shape, document: Document, depth = 0): unknown {
  const shape = resolved(of, document)
  if (shape.examples?.[0] !== undefined) return shape.examples[0]
  if (shape.default !== undefined) return shape.default
  if (shape.enum?.[0] !== undefined) return shape.enum[0]
  switch (typeOf(shape)) {
    case 'object': {
      if (depth > 4) return {}
      const wanted = (shape.required ?? []).filter((name) => name !== '$schema')
      const names = wanted.length > 0 ? wanted : depth === 0 ? Object.keys(shape.properties ?? {}).filter((name) => name !== '$schema') : []
      return Object.fromEntries(names.map((name) => [name, example(shape.properties?.[name] ?? {}, document, depth + 1)]))
    }
    case 'array':
      return shape.items && typeOf(resolved(shape.items, document)) === 'object' ? [example(shape.items, document, depth + 1)] : []
    case 'integer':
    case 'number':
      return shape.minimum ?? 0
    case 'boolean':
      return false
    default:
      return ''
  }
}

/** The type of a field in a word or two. */
export function typeName(of: Shape, document: Document): string {
  const shape = resolved(of, document)
  if (shape.enum) return shape.enum.join(' | ')
  const type = typeOf(shape)
  if (type === 'array') return shape.items ? `${typeName(shape.items, document)}[]` : 'array'
  return shape.format && type === 'string' ? shape.format : type
}
