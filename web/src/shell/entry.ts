import type { Icon } from '@tabler/icons-react'
import { type LinkProps, lazyRouteComponent } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import type { Right } from '~/session/session'
import { i18n } from '~/text/i18n'
import type { Namespace, Texts } from '~/text/texts'

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** Shown in the browser's tab: a key of nav.json. */
    title?: NavKey
    /** One of these rights opens the page; without any it is everybody's. */
    rights?: readonly Right[]
  }
}

export type NavKey = `page.${keyof Texts['nav']['page']}`

/** A line of the navigation; whether it is shown the rights of its page say. */
export interface Entry {
  to: NonNullable<LinkProps['to']>
  label: NavKey
  icon: Icon
  rights: readonly Right[]
}

/** A page as a chunk of its own, fetched together with the texts that it has. The file has it as its default. */
export function page(texts: Namespace | readonly Namespace[], load: () => Promise<{ default: ComponentType }>) {
  return lazyRouteComponent(() => Promise.all([load(), i18n.loadNamespaces(texts)]).then(([file]) => file))
}
