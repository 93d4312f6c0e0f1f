import type { Schema } from '~/api/client'
import type { Show } from './routes'
import { type Action, isPlanned, type Module, type Switch, works } from './state'

interface Filter {
  /** Empty for all. */
  project: string
  find: string
  show: Show | undefined
  wording: (text: Schema<'Wording'>) => string
}

/** A module with those of its actions that are looked for. */
export interface Shown {
  module: Module
  actions: readonly Action[]
  /** How many switches are as they are looked for. */
  found: number
}

/** What is looked for of a module; nothing when none of it is. */
export function matching(module: Module, { project, find, show, wording }: Filter): Shown[] {
  const wanted = find.trim().toLowerCase()
  const named = (name: string, { title, about }: Pick<Module, 'title' | 'about'>) =>
    [name, wording(title), wording(about)].some((text) => text.toLowerCase().includes(wanted))
  const self = named(module.module, module)
  const isAs = (action: Action | undefined) => {
    const { switches } = action ?? module
    if (show === undefined) return true
    // Where all projects are looked at, what is so for one of them is of interest too.
    const some = (is: (one: Switch) => boolean) => project === '' && switches.some(is)
    return show === 'off'
      ? !works(module, action, project) || some((one) => !one.on)
      : isPlanned(switches, project) || some((one) => one.next !== undefined)
  }
  const actions = module.actions.filter((action) => (self || named(`${module.module}/${action.action}`, action)) && isAs(action))
  const whole = show !== undefined && self && isAs(undefined)
  if (actions.length === 0 && !whole) return []
  return [{ module, actions, found: actions.length + (whole ? 1 : 0) }]
}
