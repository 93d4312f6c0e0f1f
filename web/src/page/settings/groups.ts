import {
  type Icon,
  IconActivity,
  IconArchive,
  IconChartBar,
  IconDots,
  IconKey,
  IconMail,
  IconMessage,
  IconMicrophone,
  IconPhoneOutgoing,
  IconServer,
} from '@tabler/icons-react'
import type { Texts } from '~/text/texts'

export type GroupId = keyof Texts['settings']['group']
export type What = keyof Texts['settings']['trial']['about']
type SectionId = keyof Texts['settings']['section']

/** What is set, by key, as far as it is typed by now. */
export type Values = Readonly<Record<string, string | undefined>>

export interface Section {
  id: SectionId
  keys: readonly string[]
  /** Without it the section always counts. */
  when?: (values: Values) => boolean
}

export interface Group {
  id: GroupId
  icon: Icon
  sections: readonly Section[]
  /** What its button tries; nothing where nothing is to be tried. */
  trial?: (values: Values) => What
}

const proxied = (key: string) => (values: Values) => values[key] === 'proxy'
const flow = (values: Values) => values['report.proxy_login_flow'] ?? 'none'

/** Settings by what one wants to do, and not as callgate keeps them. */
export const groups: readonly Group[] = [
  {
    id: 'report',
    icon: IconChartBar,
    trial: (values) => (proxied('report.source')(values) ? 'report' : 'switch'),
    sections: [
      { id: 'source', keys: ['report.source'] },
      {
        id: 'request',
        keys: [
          'report.proxy_url',
          'report.proxy_path',
          'report.proxy_request',
          'report.proxy_rows',
          'report.proxy_fields',
          'report.proxy_timeout',
        ],
        when: proxied('report.source'),
      },
      {
        id: 'login',
        keys: [
          'report.proxy_login_flow',
          'report.proxy_login',
          'report.proxy_password',
          'report.proxy_token',
          'report.proxy_login_url',
          'report.proxy_login_request',
          'report.proxy_token_path',
        ],
        when: proxied('report.source'),
      },
    ],
  },
  {
    id: 'onlinestat',
    icon: IconActivity,
    trial: (values) => (proxied('onlinestat.source')(values) ? 'onlinestat' : 'switch'),
    sections: [
      { id: 'source', keys: ['onlinestat.source'] },
      {
        id: 'server',
        keys: [
          'onlinestat.proxy_url',
          'onlinestat.proxy_login',
          'onlinestat.proxy_password',
          'onlinestat.proxy_timeout',
          'onlinestat.proxy_cache',
        ],
        when: proxied('onlinestat.source'),
      },
    ],
  },
  {
    id: 'calls',
    icon: IconPhoneOutgoing,
    trial: () => 'switch',
    sections: [
      { id: 'route', keys: ['originate.dial', 'originate.then', 'originate.ring_time', 'originate.context'] },
      { id: 'limits', keys: ['originate.max_concurrent', 'originate.max_per_second'] },
    ],
  },
  {
    id: 'recordings',
    icon: IconMicrophone,
    trial: (values) => (values['recordings.store'] === 's3' ? 's3' : 'switch'),
    sections: [
      { id: 'folder', keys: ['recordings.store', 'recordings.template', 'recordings.upload_mib'] },
      {
        id: 'store',
        keys: [
          'recordings.s3_endpoint',
          'recordings.s3_bucket',
          'recordings.s3_region',
          'recordings.s3_access_key',
          'recordings.s3_secret_key',
          'recordings.s3_prefix',
          'recordings.s3_delete_local',
        ],
        when: (values) => values['recordings.store'] === 's3',
      },
    ],
  },
  {
    id: 'sms',
    icon: IconMessage,
    trial: () => 'sms',
    sections: [{ id: 'providers', keys: ['sms.provider', 'sms.answer_time', 'sms.retry_after'] }],
  },
  {
    id: 'smtp',
    icon: IconMail,
    trial: () => 'smtp',
    sections: [
      {
        id: 'mail',
        keys: ['smtp.host', 'smtp.port', 'smtp.security', 'smtp.login', 'smtp.password', 'smtp.from', 'smtp.timeout'],
      },
    ],
  },
  {
    id: 'switches',
    icon: IconServer,
    trial: () => 'switch',
    sections: [{ id: 'poll', keys: ['snapshot.interval', 'snapshot.max_age'] }],
  },
  {
    id: 'retention',
    icon: IconArchive,
    sections: [
      {
        id: 'keep',
        keys: [
          'recordings.keep_days',
          'cdr.keep_days',
          'decisions.keep_days',
          'agents.keep_days',
          'sms.keep_days',
          'requests.keep_days',
          'webhooks.keep_days',
          'audit.keep_days',
        ],
      },
    ],
  },
  {
    id: 'access',
    icon: IconKey,
    sections: [
      { id: 'api', keys: ['auth.token_ttl', 'api.rate_per_second', 'api.burst'] },
      { id: 'numbers', keys: ['numbers.country'] },
      { id: 'net', keys: ['webhooks.private'] },
    ],
  },
]

/** Settings that count only beside others, by what those say. */
const counts: Readonly<Record<string, (values: Values) => boolean>> = {
  'report.proxy_login': (values) => ['basic', 'form'].includes(flow(values)),
  'report.proxy_password': (values) => ['basic', 'form'].includes(flow(values)),
  'report.proxy_token': (values) => flow(values) === 'bearer',
  'report.proxy_login_url': (values) => flow(values) === 'form',
  'report.proxy_login_request': (values) => flow(values) === 'form',
  'report.proxy_token_path': (values) => flow(values) === 'form',
}

/** Whether a setting changes anything beside the others. */
export const isOfUse = (key: string, values: Values) => counts[key]?.(values) ?? true

const known = new Set(groups.flatMap((group) => group.sections.flatMap((section) => section.keys)))

/** All groups that there are of these settings: with those of which nobody has said where they belong, so that none is hidden. */
export function groupsOf(keys: readonly string[]): readonly Group[] {
  const rest = keys.filter((key) => !known.has(key))
  return rest.length === 0 ? groups : [...groups, { id: 'other', icon: IconDots, sections: [{ id: 'all', keys: rest }] }]
}

/** How the keys of those settings begin that a trial takes values of. */
export const tried: Readonly<Record<What, string | undefined>> = {
  switch: undefined,
  s3: 'recordings.s3_',
  onlinestat: 'onlinestat.',
  report: 'report.',
  smtp: 'smtp.',
  sms: 'sms.',
}
