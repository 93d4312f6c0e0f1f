import { IconListDetails } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { partial } from '~/part/partial'
import { day, oneOf, someOf, text, whole } from '~/part/search'
import type { Right } from '~/session/session'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'
import { deliveryStates } from './states'
import { reasons } from './why'

const rights: readonly Right[] = ['requests/see', 'audit/see', 'webhooks/see']

const logs = createRoute({
  getParentRoute: () => shellRoute,
  path: '/logs',
  staticData: { title: 'page.logs', rights },
  component: page('logs', () => import('./Logs')),
})

const requestSearch = (said: Record<string, unknown>) =>
  partial({
    from: day(said.from),
    to: day(said.to),
    module: text(said.module),
    action: text(said.action),
    status: whole(said.status, 100, 599),
    user: text(said.user),
    why: oneOf(said.why, reasons),
    id: whole(said.id, 1, Number.MAX_SAFE_INTEGER),
  })

const requests = createRoute({
  getParentRoute: () => shellRoute,
  path: '/logs/requests',
  staticData: { title: 'page.requests', rights: ['requests/see'] },
  validateSearch: requestSearch,
  component: page('logs', () => import('./Requests')),
})

const refused = createRoute({
  getParentRoute: () => shellRoute,
  path: '/logs/refused',
  staticData: { title: 'page.badRequests', rights: ['requests/see'] },
  validateSearch: requestSearch,
  component: page('logs', () => import('./Refused')),
})

/** The texts of what the audit log tells of: fields are called there as in the forms. */
export const fieldTexts = ['logs', 'users', 'account', 'projects', 'centre', 'sms', 'reports', 'settings'] as const

const audit = createRoute({
  getParentRoute: () => shellRoute,
  path: '/logs/audit',
  staticData: { title: 'page.audit', rights: ['audit/see'] },
  validateSearch: (said: Record<string, unknown>) =>
    partial({
      from: day(said.from),
      to: day(said.to),
      kind: text(said.kind),
      name: text(said.name),
      login: text(said.login),
      id: whole(said.id, 1, Number.MAX_SAFE_INTEGER),
    }),
  component: page(fieldTexts, () => import('./Audit')),
})

const webhooks = createRoute({
  getParentRoute: () => shellRoute,
  path: '/logs/webhooks',
  staticData: { title: 'page.webhooks', rights: ['webhooks/see'] },
  component: page('logs', () => import('./Webhooks')),
})

const addWebhook = createRoute({
  getParentRoute: () => shellRoute,
  path: '/logs/webhooks/new',
  staticData: { title: 'page.webhooks', rights: ['webhooks/edit'] },
  component: page('logs', () => import('./WebhookAdd')),
})

const webhook = createRoute({
  getParentRoute: () => shellRoute,
  path: '/logs/webhooks/$id',
  staticData: { title: 'page.webhooks', rights: ['webhooks/see'] },
  validateSearch: (said: Record<string, unknown>) => partial({ state: someOf(said.state, deliveryStates) }),
  component: page('logs', () => import('./Webhook')),
})

const editWebhook = createRoute({
  getParentRoute: () => shellRoute,
  path: '/logs/webhooks/$id/edit',
  staticData: { title: 'page.webhooks', rights: ['webhooks/edit'] },
  component: page('logs', () => import('./WebhookEdit')),
})

export const routes = [logs, requests, refused, audit, webhooks, addWebhook, webhook, editWebhook] as const

export const entries: readonly Entry[] = [{ to: '/logs', label: 'page.logs', icon: IconListDetails, rights }]
