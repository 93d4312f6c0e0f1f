import type { Page } from '@playwright/test'
import { expect, type Harness } from './harness'

type Text = Harness['t']

/** A page as it is opened. */
export interface Opening {
  /** Its route, as the panel's routes.tsx have it. */
  route: string
  /** Its address, where the route alone is none. What is in braces the test has to find, or to make. */
  path?: string
  /** What its head says: the key of a text, or what is the same in every language. */
  head?: string
  /** It is like another one: one language will do, unless all is looked at. */
  alike?: boolean
  /** What else has to be there before it is looked at. */
  there?: (page: Page, t: Text) => Promise<void>
}

const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10)

const table = (page: Page) => expect(page.locator('#main').getByRole('table').first()).toBeVisible()
const form = (page: Page) => expect(page.locator('#main form').first()).toBeVisible()

const report = (name: string, days = 7): Opening => ({
  route: '/reports/$report',
  // The manual's report has a thousand cells a week, each of which axe looks at.
  path: `/reports/${name}?from=${day(days)}&to=${day(1)}`,
  head: 'reports:title',
  there: async (page, t) => {
    await expect(page.getByText(t(`reports:about.${name}`))).toBeVisible()
    await table(page)
  },
})

const group = (name: string): Opening => ({
  route: '/settings/$group',
  path: `/settings/${name}`,
  head: `settings:group.${name}.title`,
  there: (page, t) => expect(page.getByRole('button', { name: t('common:action.save') })).toBeDisabled(),
})

const heading = (key: string) => (page: Page, t: Text) => expect(page.getByRole('heading', { name: t(key) })).toBeVisible()

/** Every page of the panel, and those again that are quite another thing with another address. */
export const pages: readonly Opening[] = [
  { route: '/', head: 'overview:title', there: table },
  { route: '/account', head: 'account:title' },
  { route: '/calls', path: `/calls?from=${day(1)}&to=${day(1)}&queue=support2@default`, head: 'calls:title', there: table },
  {
    route: '/calls/$id',
    path: '/calls/{call}',
    there: (page, t) => expect(page.getByRole('button', { name: t('calls:player.play') })).toBeEnabled(),
  },
  { route: '/live', head: 'centre:live.title', there: table },
  { route: '/queues', head: 'centre:queues.title' },
  { route: '/queues/$switch/$name', path: '/queues/demo/sales@default', head: 'sales@default', there: heading('centre:queue.params') },
  { route: '/queues/definitions', head: 'centre:definitions.title' },
  { route: '/queues/definition', head: 'centre:definition.new', there: form },
  { route: '/agents', head: 'centre:agents.title', there: table },
  { route: '/agents/$switch/$name', path: '/agents/demo/1000@default', head: '1000@default', there: heading('centre:state.title') },
  { route: '/tiers', head: 'centre:tier.title', there: table },
  { route: '/reports', head: 'reports:title', there: table },
  { route: '/sms', head: 'sms:title', there: table },
  { route: '/sms/send', head: 'sms:send.title' },
  {
    route: '/sms/messages',
    path: '/sms/messages?id=1',
    head: 'sms:title',
    there: (page) => expect(page.getByRole('dialog').getByText('+7 919 000-00-01')).toBeVisible(),
  },
  { route: '/sms/templates', head: 'sms:title', there: table },
  { route: '/sms/templates/edit', path: '/sms/templates/edit?name=order', head: 'order' },
  { route: '/sms/optouts', head: 'sms:title' },
  { route: '/sms/providers/edit', head: 'sms:providers.new' },
  { route: '/sms/providers', head: 'sms:title', there: table },
  { route: '/sms/providers/edit', path: '/sms/providers/edit?kind=http', head: 'sms:kind.http' },
  { route: '/sms/providers/edit', path: '/sms/providers/edit?kind=http&preset=smsru', head: 'SMS.ru' },
  { route: '/sms/providers/edit', path: '/sms/providers/edit?kind=smpp', head: 'sms:kind.smpp' },
  { route: '/sms/providers/edit', path: '/sms/providers/edit?name=log', head: 'log' },
  report('centre', 2),
  report('queues'),
  report('agents'),
  report('numbers'),
  report('heatmap'),
  report('causes'),
  { route: '/reports/schedules', head: 'reports:title' },
  { route: '/reports/schedules/new', head: 'reports:schedule.new', there: form },
  { route: '/reports/schedules/$id', path: '/reports/schedules/{schedule}', head: 'Spec of pages', there: form },
  { route: '/modules', head: 'modules:title' },
  { route: '/modules/history', head: 'modules:history.title' },
  { route: '/users', head: 'users:title', there: table },
  { route: '/users/new', head: 'users:new.title' },
  { route: '/users/of/$login', path: '/users/of/{user}', head: '{user}' },
  {
    route: '/users/of/$login',
    path: '/users/of/{user}?tab=access',
    head: '{user}',
    there: (page, t) => expect(page.getByText(t('users:password.due'))).toBeVisible(),
  },
  { route: '/projects', head: 'projects:title', there: table },
  { route: '/projects/$id', path: '/projects/9876', head: 'Горячая линия', there: table },
  { route: '/routes', head: 'projects:routes.title', there: table },
  { route: '/routes/edit', path: '/routes/edit?name=pickup', head: 'pickup', there: form },
  { route: '/destinations', head: 'projects:rules.title', there: table },
  { route: '/settings', head: 'settings:title' },
  group('report'),
  ...['onlinestat', 'calls', 'recordings', 'sms', 'smtp', 'switches', 'retention', 'access'].map((name) => ({
    ...group(name),
    alike: true,
  })),
  { route: '/logs/requests', head: 'logs:title', there: table },
  { route: '/logs/refused', head: 'logs:title', there: table },
  { route: '/logs/audit', head: 'logs:title', there: table },
  { route: '/logs/webhooks', head: 'logs:title', there: table },
  { route: '/logs/webhooks/new', head: 'logs:webhook.new', there: form },
  {
    route: '/logs/webhooks/$id',
    path: '/logs/webhooks/{webhook}',
    head: 'CRM',
    there: (page, t) => expect(page.getByRole('heading', { level: 2, name: t('logs:delivery.title') })).toBeVisible(),
  },
  { route: '/logs/webhooks/$id/edit', path: '/logs/webhooks/{webhook}/edit', head: 'CRM', there: form },
  { route: '/logs', head: 'logs:title', there: table },
  { route: '/api', path: '/api?operation=put-template', head: 'api:title' },
  { route: '/system', head: 'system:title', there: table },
  {
    route: '/system/gaps',
    head: 'system:gaps.title',
    there: (page, t) => expect(page.getByText(t('system:gaps.none'), { exact: true })).toBeVisible(),
  },
  { route: '/system/recordings', head: 'system:recordings.title', there: table },
]

/** What only those see who have not signed in yet: session.spec.ts opens it. */
export const before = ['/sign-in', '/password']

/** What the addresses have in braces. */
export async function found(api: Harness['api'], person: Harness['person']): Promise<Record<string, string>> {
  // The demonstration tells of the days before it some seconds after its start.
  const week = `from=${day(7)}&to=${day(1)}`
  await expect.poll(async () => ((await api('GET', `/reports/queues?${week}&interval=whole`)) as { rows: unknown[] }).rows.length).toBe(4)
  const { calls } = (await api('GET', `/calls?from=${day(1)}&to=${day(1)}&recorded=true&limit=1`)) as { calls: { uuid: string }[] }
  const webhooks = (await api('GET', '/webhooks')) as { id: string; name: string }[]
  const schedule = (await api('POST', '/report-schedules', {
    name: 'Spec of pages',
    report: 'queues',
    format: 'csv',
    period: 'yesterday',
    every: 'daily',
    at: '08:00',
    to: ['boss@example.com'],
  })) as { id: string }
  const { login } = await person(['calls/*', 'numbers/see'], { projects: ['1111'], must_change: true })
  return { call: calls[0]?.uuid ?? '', webhook: webhooks.find(({ name }) => name === 'CRM')?.id ?? '', schedule: schedule.id, user: login }
}
