/** Of what the audit log tells. Source: internal/store, where changes are kept. */
export const kinds = [
  'user',
  'key',
  'tokens',
  'module',
  'setting',
  'project',
  'route',
  'destination',
  'queue',
  'agent',
  'tier',
  'schedule',
  'sms provider',
  'sms template',
  'sms opt-out',
  'webhook',
] as const
