import type { Tone } from '~/part/StatusBadge'

/** How far a message may have come. */
export const states = ['accepted', 'queued', 'sent', 'delivered', 'failed', 'expired', 'unknown'] as const
export type State = (typeof states)[number]

export const tones: Readonly<Record<State, Tone>> = {
  accepted: 'wait',
  queued: 'active',
  sent: 'active',
  delivered: 'good',
  failed: 'bad',
  expired: 'bad',
  unknown: 'off',
}

/** Whether it will be another one soon. */
export const passing = (state: State) => state === 'accepted' || state === 'queued'

interface Message {
  state: State
  due?: string | undefined
  sent?: string | undefined
}

const patience = 10 * 60_000 // ms after which a provider that said nothing of delivery is not waited for any more

/** In how many ms it is worth while to ask anew what became of messages; false for never. Nothing tells of them as they change. */
export function restOf(messages: readonly Message[], now = Date.now()): number | false {
  const since = (at: string | undefined) => (at === undefined ? 0 : now - Date.parse(at))
  if (messages.some(({ state, due }) => passing(state) && since(due) > -60_000)) return 3000
  return messages.some(({ state, sent }) => state === 'sent' && since(sent) < patience) ? 10_000 : false
}
