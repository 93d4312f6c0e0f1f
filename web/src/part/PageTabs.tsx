import { Link, type LinkProps, useMatchRoute } from '@tanstack/react-router'
import { type Right, useSession } from '~/session/session'
import style from './PageTabs.module.css'

export interface PageTab {
  to: NonNullable<LinkProps['to']>
  label: string
  /** One of these rights opens it. */
  rights: readonly Right[]
}

/** The pages of a group that has but one entry in the navigation; those that one may not open are not there. */
export function PageTabs({ label, tabs }: { label: string; tabs: readonly PageTab[] }) {
  const session = useSession()
  const match = useMatchRoute()
  const mine = tabs.filter(({ rights }) => session.mayAny(rights))
  if (mine.length < 2) return null
  return (
    <nav className={style.tabs} aria-label={label}>
      {mine.map((tab) => (
        <Link key={tab.to} to={tab.to} className={style.tab} aria-current={match({ to: tab.to, fuzzy: true }) ? 'page' : undefined}>
          {tab.label}
        </Link>
      ))}
    </nav>
  )
}
