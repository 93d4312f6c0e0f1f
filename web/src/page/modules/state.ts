import type { Schema } from '~/api/client'

export type Module = Schema<'Module'>
export type Action = Schema<'ModuleAction'>
export type Switch = Schema<'ModuleSwitch'>

/** The action that stands for the module as a whole. */
export const whole = '*'

/** What can be switched, for all projects or for one. */
export interface Target {
  module: string
  action: string
  /** Empty for all. */
  project: string
}

/** How something was switched for a project, or for all with an empty one; undefined when it never was, which is on. */
export const switchOf = (switches: readonly Switch[], project: string) => switches.find((one) => one.project === project)

export const isOn = (switches: readonly Switch[], project: string) => switchOf(switches, project)?.on ?? true

/** What keeps an action off whatever its own switch says. */
export type Barrier = 'module' | 'moduleForAll' | 'actionForAll'

/** What else has something switched off: each that is off is enough. */
export function barrierOf(module: Module, action: Action | undefined, project: string): Barrier | undefined {
  if (project !== '' && !isOn(module.switches, '')) return 'moduleForAll'
  if (!action) return undefined
  if (!isOn(module.switches, project)) return 'module'
  return project !== '' && !isOn(action.switches, '') ? 'actionForAll' : undefined
}

/** Whether something can be used, as far as the project is concerned. */
export const works = (module: Module, action: Action | undefined, project: string) =>
  barrierOf(module, action, project) === undefined && isOn((action ?? module).switches, project)

/** Whether something is to be switched by itself later. */
export const isPlanned = (switches: readonly Switch[], project: string) => switchOf(switches, project)?.next !== undefined

/** When the next of all planned switches comes, in milliseconds since 1970. */
export function nextChange(modules: readonly Module[]): number | undefined {
  const all = modules.flatMap((module) => [module, ...module.actions]).flatMap(({ switches }) => switches)
  const times = all.flatMap(({ next }) => (next ? [new Date(next.from).getTime()] : []))
  return times.length > 0 ? Math.min(...times) : undefined
}
