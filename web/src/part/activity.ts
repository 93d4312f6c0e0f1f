import type { Schema } from '~/api/client'
import type { Tone } from './StatusBadge'

/** What an agent does, in the words of the API's history of it; the order is that of a list: who is in a call comes first. */
export const activities = ['talking', 'ringing', 'outside', 'wrap_up', 'ready', 'not_ready', 'pause', 'logged_out'] as const
export type Activity = (typeof activities)[number]

export const activityTone: Readonly<Record<Activity, Tone>> = {
  talking: 'active',
  ringing: 'active',
  outside: 'active',
  wrap_up: 'wait',
  ready: 'good',
  not_ready: 'off',
  pause: 'wait',
  logged_out: 'off',
}

/** The statuses of an agent, as FreeSWITCH has them. */
export const statuses = ['Available', 'Available (On Demand)', 'On Break', 'Logged Out'] as const
export type Status = (typeof statuses)[number]

export const isStatus = (text: string): text is Status => statuses.some((status) => status === text)

interface Doing {
  activity: Activity
  /** Since when, in seconds since 1970; 0 where nobody knows. */
  since: number
}

/** What an agent does at a moment, and since when: as callgate's own history has it (docs/agent-states.md). */
export function doing(agent: Schema<'Agent'>, now: number): Doing {
  const { status, state, last_status_change: changed, last_bridge_end: ended, last_offered_call: offered } = agent
  if (!isStatus(status) || status === 'Logged Out') return { activity: 'logged_out', since: changed }
  if (state === 'In a queue call') return { activity: 'talking', since: agent.talk?.since ?? agent.last_bridge_start }
  if (state === 'Receiving' && status !== 'On Break') return { activity: 'ringing', since: now - offered < 60 ? offered : 0 } // it may come late
  if (agent.outside_call || agent.external_calls_count > 0) return { activity: 'outside', since: 0 }
  if (status === 'On Break') return { activity: 'pause', since: Math.max(changed, ended) }
  if (agent.wrap_up_ends > now) return { activity: 'wrap_up', since: ended }
  // FreeSWITCH offers a call only in the second after a wrap-up, and ready says so.
  if (agent.ready || agent.wrap_up_ends > 0) return { activity: 'ready', since: Math.max(changed, ended && ended + agent.wrap_up_time) }
  return { activity: 'not_ready', since: Math.max(changed, ended, offered) }
}
