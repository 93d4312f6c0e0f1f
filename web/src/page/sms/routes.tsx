import { IconMessage } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import { partial } from '~/part/partial'
import { day, oneOf, someOf, text, texts, whole } from '~/part/search'
import type { Right } from '~/session/session'
import { type Entry, page } from '~/shell/entry'
import { shellRoute } from '~/shell/route'
import { states } from './states'

const rights: readonly Right[] = ['sms/list', 'sms/send', 'sms/templates', 'sms/optouts', 'sms/providers']

const sms = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sms',
  staticData: { title: 'page.sms', rights },
  component: page('sms', () => import('./Sms')),
})

const messages = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sms/messages',
  staticData: { title: 'page.sms', rights: ['sms/list'] },
  validateSearch: (said: Record<string, unknown>) =>
    partial({
      from: day(said.from),
      to: day(said.to),
      state: someOf(said.state, states),
      project: texts(said.project),
      phone: text(said.phone),
      provider: text(said.provider),
      id: whole(said.id, 1, Number.MAX_SAFE_INTEGER),
    }),
  component: page('sms', () => import('./Messages')),
})

const send = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sms/send',
  staticData: { title: 'page.smsSend', rights: ['sms/send'] },
  validateSearch: (said: Record<string, unknown>) => partial({ template: text(said.template), project: text(said.project) }),
  component: page('sms', () => import('./Send')),
})

const templates = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sms/templates',
  staticData: { title: 'page.smsTemplates', rights: ['sms/templates'] },
  component: page('sms', () => import('./Templates')),
})

// The name is no part of the path: one may be called edit, or new.
const template = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sms/templates/edit',
  staticData: { title: 'page.smsTemplates', rights: ['sms/templates'] },
  validateSearch: (said: Record<string, unknown>) => partial({ name: text(said.name) }),
  component: page('sms', () => import('./Template')),
})

const optOuts = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sms/optouts',
  staticData: { title: 'page.smsOptOuts', rights: ['sms/optouts'] },
  validateSearch: (said: Record<string, unknown>) => partial({ phone: text(said.phone), project: texts(said.project) }),
  component: page('sms', () => import('./OptOuts')),
})

const providers = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sms/providers',
  staticData: { title: 'page.smsProviders', rights: ['sms/providers'] },
  component: page('sms', () => import('./Providers')),
})

const provider = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sms/providers/edit',
  staticData: { title: 'page.smsProviders', rights: ['sms/providers'] },
  validateSearch: (said: Record<string, unknown>) =>
    partial({
      name: text(said.name),
      kind: oneOf(said.kind, ['http', 'smpp', 'log'] as const),
      preset: text(said.preset),
    }),
  component: page('sms', () => import('./Provider')),
})

export const routes = [sms, messages, send, templates, template, optOuts, providers, provider] as const

export const entries: readonly Entry[] = [{ to: '/sms', label: 'page.sms', icon: IconMessage, rights }]
