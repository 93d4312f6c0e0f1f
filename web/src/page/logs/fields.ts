import type { ParseKeys } from 'i18next'
import { useTranslation } from 'react-i18next'
import { delays } from '../centre/agent'
import { executed, flags, seconds } from '../centre/queue'
import { keyText } from '../settings/texts'
import type { kinds } from './kinds'
import type { fieldTexts } from './routes'

type Words = Readonly<Record<string, ParseKeys<[...typeof fieldTexts]>>>

const step = {
  step_timeout: 'projects:route.timeout',
  step_no_agents: 'projects:route.noAgents',
  step_failed: 'projects:route.failed',
} as const
const params = ['strategy', 'time_base_score', 'agent_no_answer_status', ...seconds, ...flags, ...executed] as const

const words: Readonly<Partial<Record<(typeof kinds)[number], Words>>> = {
  user: {
    status: 'users:status.label',
    rights: 'users:rights',
    projects: 'users:projects.title',
    must_change: 'users:password.force',
    totp: 'users:totp.title',
    password_set_at: 'logs:column.passwordSet',
  },
  key: { rights: 'users:rights', projects: 'users:projects.title', networks: 'users:keys.networks', expires_at: 'users:keys.until' },
  tokens: { tokens: 'account:tokens.title' },
  module: { on: 'logs:column.on', from: 'logs:column.from', 'next.on': 'logs:column.nextOn', 'next.from': 'logs:column.nextFrom' },
  project: {
    id: 'projects:field.id',
    name: 'projects:field.name',
    zone: 'projects:field.zone',
    country: 'projects:field.country',
    sl_seconds: 'projects:field.sl',
    record: 'projects:field.record',
    keep_recordings_days: 'projects:field.keepRecordings',
    keep_cdrs_days: 'projects:field.keepCdrs',
    sms_hours: 'projects:field.smsHours',
    numbers: 'projects:field.numbers',
    queues: 'projects:field.queues',
  },
  route: {
    ...step,
    name: 'projects:route.name',
    project: 'projects:route.project',
    hours: 'projects:route.hours',
    numbers: 'projects:route.numbers',
    announce: 'projects:route.announce',
    step_open: 'projects:route.open',
    step_closed: 'projects:route.closed',
    step_keys: 'projects:route.keys',
  },
  destination: {
    allow: 'projects:rules.allow',
    deny: 'projects:rules.deny',
    min_length: 'projects:rules.minLength',
    max_length: 'projects:rules.maxLength',
    concurrent: 'projects:rules.concurrentField',
    daily: 'projects:rules.dailyField',
    codes: 'projects:rules.codes',
  },
  queue: {
    hostname: 'centre:definition.hostname.label',
    ...Object.fromEntries(params.map((name) => [name, `centre:param.${name}.label` as const])),
  },
  agent: {
    type: 'centre:agent.type',
    contact: 'centre:agent.contact',
    status: 'centre:agent.status',
    ...Object.fromEntries(delays.map((name) => [name, `centre:delay.${name}.label` as const])),
  },
  tier: { level: 'centre:tier.level', position: 'centre:tier.position' },
  schedule: {
    name: 'reports:schedule.name',
    report: 'reports:schedule.report',
    format: 'reports:schedule.format',
    period: 'reports:schedule.periodLabel',
    every: 'reports:schedule.every',
    weekday: 'reports:schedule.weekday',
    month_day: 'reports:schedule.monthDay',
    at: 'reports:schedule.at',
    zone: 'reports:filter.zone',
    recipients: 'reports:schedule.to',
    owner: 'reports:schedule.owner',
    active: 'reports:schedule.active',
  },
  'sms provider': {
    kind: 'sms:providers.kind',
    per_second: 'sms:providers.perSecondLabel',
    at_once: 'sms:providers.atOnceLabel',
    values_set: 'logs:column.valuesSet',
    'description.title': 'sms:description.title',
    'description.send.url': 'sms:description.url',
    'description.send.method': 'sms:description.method',
    'description.send.timeout': 'sms:description.timeout',
  },
  'sms template': { project: 'sms:column.project', text: 'sms:column.text' },
  'sms opt-out': { number: 'sms:column.phone', project: 'sms:column.project' },
  webhook: {
    name: 'logs:webhook.name',
    url: 'logs:webhook.url',
    events: 'logs:webhook.events',
    projects: 'logs:webhook.projects',
    numbers: 'logs:webhook.numbers',
    owner: 'logs:webhook.owner',
    active: 'logs:webhook.active',
    reason: 'logs:webhook.reason',
    secret_set_at: 'logs:webhook.secretSet',
  },
}

/** What a field of a changed thing is called where it is filled in; of one that no form has, the API's own name. */
export function useFieldName() {
  const { t } = useTranslation<[...typeof fieldTexts]>()
  const settings = useTranslation(['settings', 'common']).t
  return ({ kind, name }: { kind: string; name: string }, field: string): string => {
    if (kind === 'setting') return keyText(settings, name).label
    const known = words[kind as keyof typeof words]?.[field.replace(/^params\./, '')]
    return known ? t(known) : field
  }
}
