import type { ReactNode } from 'react'
import style from './Facts.module.css'

export interface Fact {
  name: string
  /** Nothing is shown of what is undefined, null, false or empty. */
  value: ReactNode
}

/** What is known of one thing, line by line. */
export const Facts = ({ facts }: { facts: readonly Fact[] }) => (
  <dl className={style.facts}>
    {facts
      .filter(({ value }) => value !== undefined && value !== null && value !== false && value !== '')
      .map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)
