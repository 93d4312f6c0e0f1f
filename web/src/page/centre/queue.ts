import type { Schema } from '~/api/client'

/** By what a queue chooses an agent, as mod_callcenter names it. */
export const strategies = [
  'longest-idle-agent',
  'agent-with-least-talk-time',
  'agent-with-fewest-calls',
  'ring-all',
  'ring-progressively',
  'random',
  'sequentially-by-agent-order',
  'top-down',
  'round-robin',
] as const
export type Strategy = (typeof strategies)[number]

export const isStrategy = (text: string): text is Strategy => strategies.some((strategy) => strategy === text)

/** From when a caller's wait counts. */
export const timeBases = ['queue', 'system'] as const

type Params = Schema<'QueueParams'>
type Keys<T> = { [K in keyof Params]-?: NonNullable<Params[K]> extends T ? K : never }[keyof Params]

/** The parameters by what they hold, in the order in which they are shown. */
export const seconds = [
  'max_wait_time',
  'max_wait_time_with_no_agent',
  'max_wait_time_with_no_agent_time_reached',
  'discard_abandoned_after',
  'announce_frequency',
  'ring_progressively_delay',
  'tier_rule_wait_second',
] as const satisfies readonly Keys<number>[]

export const flags = [
  'abandoned_resume_allowed',
  'skip_agents_with_external_calls',
  'tier_rules_apply',
  'tier_rule_wait_multiply_level',
  'tier_rule_no_agent_no_wait',
] as const satisfies readonly Keys<boolean>[]

/** FreeSWITCH executes them. */
export const executed = ['moh_sound', 'announce_sound', 'record_template'] as const satisfies readonly Keys<string>[]

export type Seconds = (typeof seconds)[number]
export type Flag = (typeof flags)[number]
export type Executed = (typeof executed)[number]
