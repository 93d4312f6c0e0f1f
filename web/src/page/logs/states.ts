import type { Right } from '~/session/session'

/** How far an event has come on its way to an address. */
export const deliveryStates = ['waiting', 'sending', 'delivered', 'failed'] as const

/** What an address may ask for, with the right that its owner needs to see the same. Source: internal/webhook, Kind.Right. */
export const events = {
  'call.started': 'calls/see',
  'call.answered': 'calls/see',
  'call.ended': 'calls/see',
  'call.missed': 'calls/see',
  'recording.ready': 'recordings/see',
  'agent.state': 'agents/see',
  'sms.status': 'sms/list',
} as const satisfies Record<string, Right>

export type EventKind = keyof typeof events
export const eventKinds = Object.keys(events) as EventKind[]
