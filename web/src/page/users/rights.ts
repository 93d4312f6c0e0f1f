import type { Schema } from '~/api/client'

export type Given = Schema<'GivenModule'>

/** Stands for every module, or for every action. */
export const any = '*'
export const everything = `${any}/${any}`

export const right = (module: string, action: string) => `${module}/${action}`

const split = (text: string): [string, string] => {
  const [module = '', action = ''] = text.split('/')
  return [module, action]
}

/** Whether one of some rights allows an action; with * all of them. */
export const allows = (rights: readonly string[], module: string, action: string) =>
  rights.some((text) => {
    const [m, a] = split(text)
    return (m === any || m === module) && (a === any || a === action)
  })

/** Whether rights have all that others have. */
export const cover = (rights: readonly string[], others: readonly string[]) => others.every((text) => allows(rights, ...split(text)))

/** Whether somebody who sees projects sees all that another does; none are all. */
export const coverProjects = (projects: readonly string[], others: readonly string[]) =>
  projects.length === 0 || (others.length > 0 && others.every((one) => projects.includes(one)))

/** Adds or takes away a right to one action. What a whole module gave is kept of its others. */
export function setAction(rights: readonly string[], module: Given, action: string, on: boolean): string[] {
  const one = right(module.module, action)
  if (on) return rights.includes(one) ? [...rights] : [...rights, one]
  const whole = right(module.module, any)
  const others = rights.includes(whole) ? module.actions.map((each) => right(module.module, each.action)) : []
  return [...new Set([...rights.filter((text) => text !== whole), ...others])].filter((text) => text !== one)
}

/** Adds or takes away a right to all of a module, those that come later included. */
export function setModule(rights: readonly string[], module: string, on: boolean): string[] {
  const others = rights.filter((text) => split(text)[0] !== module)
  return on ? [...others, right(module, any)] : others
}

export const setRight = (rights: readonly string[], text: string, on: boolean) =>
  on ? [...new Set([...rights, text])] : rights.filter((one) => one !== text)

/** Rights that no box of the catalogue stands for. */
export function strays(rights: readonly string[], catalogue: readonly Given[]): string[] {
  const known = new Set(
    catalogue.flatMap(({ module, actions }) => [right(module, any), ...actions.map(({ action }) => right(module, action))]),
  )
  return rights.filter((text) => !known.has(text) && text !== everything && text !== right(any, 'see'))
}

/** Where giving rights begins: what people of that kind usually need. */
export const presets = {
  operator: ['agents/see', 'calls/hangup', 'calls/hold', 'calls/make', 'calls/see', 'calls/transfer', 'queues/see', 'sms/send'],
  supervisor: [
    'agents/see',
    'agents/status',
    'calls/listen',
    'calls/search',
    'calls/see',
    'numbers/see',
    'queues/see',
    'recordings/listen',
    'recordings/see',
    'reports/see',
    'tiers/see',
  ],
  manager: [
    'agents/*',
    'calls/*',
    'modules/*',
    'numbers/see',
    'onlinestat/*',
    'projects/see',
    'queues/see',
    'recordings/*',
    'report/*',
    'reports/schedule',
    'reports/see',
    'routes/*',
    'sms/*',
    'tiers/*',
    'users/*',
  ],
  program: ['contact/*', 'onlinestat/*', 'report/*', 'sms/send'],
} as const satisfies Record<string, readonly string[]>

export type Preset = keyof typeof presets
