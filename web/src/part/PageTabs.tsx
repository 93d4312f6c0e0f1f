import { Link, type LinkProps, useMatchRoute } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { type Right, useSession } from '~/session/session'
import style from './PageTabs.module.css'

export interface PageTab extends Pick<LinkProps, 'params' | 'search' | 'replace'> {
  to: NonNullable<LinkProps['to']>
  label: ReactNode
  /** Whether it is the one that is shown; without it its address says so. */
  current?: boolean
  /** One of these rights opens it. */
  rights?: readonly Right[]
}

/** Pages that have but one entry in the navigation, or the parts of one page; those that one may not open are not there. */
export function PageTabs({ label, tabs }: { label: string; tabs: readonly PageTab[] }) {
  const session = useSession()
  const match = useMatchRoute()
  const mine = tabs
    .filter(({ rights = [] }) => session.mayAny(rights))
    .map(({ rights: _, current, ...tab }) => ({ ...tab, current: current ?? Boolean(match({ to: tab.to, fuzzy: true })) }))
  const at = mine.findIndex(({ current }) => current)
  const row = useRef<HTMLElement>(null)
  // On a phone they are more than there is room for.
  useEffect(() => {
    const tab = row.current?.children[at]
    if (row.current && tab instanceof HTMLElement) row.current.scrollLeft = tab.offsetLeft - (row.current.clientWidth - tab.offsetWidth) / 2
  }, [at])
  if (mine.length < 2) return null
  return (
    <nav ref={row} className={style.tabs} aria-label={label}>
      {mine.map(({ label, current, ...link }, n) => (
        <Link
          // biome-ignore lint/suspicious/noArrayIndexKey: they stay in their order
          key={n}
          {...link}
          activeOptions={{ explicitUndefined: true }}
          className={style.tab}
          aria-current={current ? 'page' : undefined}
        >
          {label}
        </Link>
      ))}
    </nav>
  )
}
