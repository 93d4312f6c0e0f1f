/** The words by which the API says why a request was refused. Source: internal/fault, Why and Kind. */
export const reasons = [
  'no_token',
  'unknown_token',
  'expired_token',
  'revoked_token',
  'bad_credentials',
  'code_due',
  'password_due',
  'no_right',
  'denied',
  'unknown_action',
  'switched_off',
  'switched_off_for_project',
  'hidden_project',
  'not_found',
  'empty_field',
  'wrong_field',
  'bad_json',
  'too_large',
  'too_many_requests',
  'switch_unavailable',
  'outside_system_unavailable',
  'storage_unavailable',
  'conflict',
  'unfinished',
  'stale',
  'needed',
  'internal',
] as const
export type Reason = (typeof reasons)[number]

export const reasonOf = (why: string): Reason | undefined => reasons.find((one) => one === why)

const kinds =
  /^(?:internal|bad credentials|bad token|denied|not found|empty field|wrong field|bad json|too large|too many requests|switch unavailable|outside system unavailable|storage unavailable|conflict|unfinished|stale|needed|password due|code due)(?:: | |$)/

/** What a reason says beside its kind, which has words of its own here: denied: no right sms/send says no right sms/send. */
export const moreThan = (reason: string) => reason.replace(kinds, '')
