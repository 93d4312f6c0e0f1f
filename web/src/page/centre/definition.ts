import type { Schema } from '~/api/client'
import { executed, flags, seconds } from './queue'

type Params = Schema<'QueueParams'>

/** A definition in a form: what is empty is left to FreeSWITCH. */
export interface DefinitionValues extends Record<string, unknown> {
  name: string
  hostname: string
  params: Record<keyof Params, string | number>
}

const keys = ['strategy', 'time_base_score', 'agent_no_answer_status', ...seconds, ...flags, ...executed] as const

export const empty: DefinitionValues = {
  name: '',
  hostname: '',
  params: Object.fromEntries(keys.map((key) => [key, ''])) as DefinitionValues['params'],
}

export const valuesOf = ({ name, hostname, params }: Schema<'QueueDefinition'>): DefinitionValues => ({
  name,
  hostname,
  params: {
    ...empty.params,
    ...Object.fromEntries(Object.entries(params).map(([key, value]) => [key, typeof value === 'boolean' ? String(value) : value])),
  },
})

/** What was filled in, as the API wants it. */
export const paramsOf = ({ params }: DefinitionValues): Params =>
  Object.fromEntries(
    keys
      .filter((key) => params[key] !== '' && params[key] !== null)
      .map((key) => [key, flags.some((flag) => flag === key) ? params[key] === 'true' : params[key]]),
  )

/** What another has made of it, with what was typed here since in its place. */
export function merge(theirs: DefinitionValues, typed: DefinitionValues, before: DefinitionValues): DefinitionValues {
  const params = { ...theirs.params }
  for (const key of keys) if (typed.params[key] !== before.params[key]) params[key] = typed.params[key]
  return { ...theirs, params }
}
