import type { TFunction } from 'i18next'
import { i18n } from '~/text/i18n'
import type { Texts } from '~/text/texts'

export const verbs = ['queue', 'bridge', 'transfer', 'hangup', 'continue'] as const
export type Verb = (typeof verbs)[number]

/** A step of a route; without a verb it is what is done where nothing is said. */
export interface Step {
  verb: Verb | ''
  target: string
}

export type Cause = keyof Texts['projects']['step']['cause']

/** Those of FreeSWITCH's causes that mean something to a caller. */
export const causes: readonly Cause[] = [
  'NORMAL_CLEARING',
  'USER_BUSY',
  'NO_ANSWER',
  'SUBSCRIBER_ABSENT',
  'CALL_REJECTED',
  'UNALLOCATED_NUMBER',
  'NUMBER_CHANGED',
  'NORMAL_TEMPORARY_FAILURE',
  'SWITCH_CONGESTION',
]

/** Reads a step as the API has it. */
export function readStep(text: string | undefined): Step {
  const colon = text?.indexOf(':') ?? -1
  const name = colon < 0 ? (text ?? '') : (text ?? '').slice(0, colon)
  const verb = verbs.find((one) => one === name) ?? ''
  const target = colon < 0 ? '' : (text ?? '').slice(colon + 1)
  return { verb, target: verb === 'hangup' && target === '' ? 'NORMAL_CLEARING' : target }
}

/** Writes a step as the API has it. */
export function writeStep({ verb, target }: Step): string {
  return verb === '' || verb === 'continue' ? verb : `${verb}:${target}`
}

type T = TFunction<'projects'>

export const causeText = (t: T, cause: string) => (i18n.exists(`projects:step.cause.${cause}`) ? t(`step.cause.${cause as Cause}`) : cause)

/** A step in words. */
export function stepText(t: T, text: string | undefined, none: string): string {
  const { verb, target } = readStep(text)
  if (verb === '') return none
  if (verb === 'continue') return t('step.verb.continue')
  return t('step.of', { verb: t(`step.verb.${verb}`), target: verb === 'hangup' ? causeText(t, target) : target })
}

/** Whether FreeSWITCH executes it, which wants a right of its own. */
export const isExecuted = (verb: Verb | '') => verb === 'bridge' || verb === 'transfer'
