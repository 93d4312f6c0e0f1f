import type { Schema } from '~/api/client'

/** What of an agent is a number of seconds, or of calls. */
export const delays = ['wrap_up_time', 'max_no_answer', 'reject_delay_time', 'busy_delay_time', 'no_answer_delay_time'] as const
export type Delay = (typeof delays)[number]

export const types = ['callback', 'uuid-standby'] as const

export interface AgentValues extends Record<string, unknown>, Record<Delay, number | string> {
  name: string
  switch: string
  type: string
  contact: string
}

export const fresh: AgentValues = {
  name: '',
  switch: '',
  type: 'callback',
  contact: '',
  wrap_up_time: 10,
  max_no_answer: 3,
  reject_delay_time: 10,
  busy_delay_time: 60,
  no_answer_delay_time: 10,
}

export const valuesOf = (agent: Schema<'Agent'>): AgentValues => ({
  name: agent.name,
  switch: agent.switch,
  type: agent.type,
  contact: agent.contact,
  wrap_up_time: agent.wrap_up_time,
  max_no_answer: agent.max_no_answer,
  reject_delay_time: agent.reject_delay_time,
  busy_delay_time: agent.busy_delay_time,
  no_answer_delay_time: agent.no_answer_delay_time,
})

/** What another has made of him, with what was typed here since in its place. */
export function merge(theirs: AgentValues, typed: AgentValues, before: AgentValues): AgentValues {
  const mine = Object.entries(typed).filter(([key, value]) => value !== before[key])
  return { ...theirs, ...Object.fromEntries(mine) }
}
