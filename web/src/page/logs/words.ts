import type { TFunction } from 'i18next'
import { eventKinds } from './states'

/** What an event is called, in the reader's words; in the API's where it is a newer one. */
export function eventName(t: TFunction<'logs'>, kind: string): string {
  const known = eventKinds.find((one) => one === kind)
  if (known) return t(`event.${known.replace('.', '_') as EventKey}`)
  return kind === 'webhook.test' ? t('event.webhook_test') : kind
}

type EventKey = 'call_started' | 'call_answered' | 'call_ended' | 'call_missed' | 'recording_ready' | 'agent_state' | 'sms_status'
