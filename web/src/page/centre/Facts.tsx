import { Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import style from './Facts.module.css'

/** Names with values below one another. */
export const Facts = ({ children }: { children: ReactNode }) => <dl className={style.facts}>{children}</dl>

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

interface SectionProps {
  title: string
  about?: ReactNode
  /** Buttons beside the title. */
  actions?: ReactNode
  children: ReactNode
}

/** A part of a page under a title of its own, without a frame: a table has one. */
export function Section({ title, about, actions, children }: SectionProps) {
  return (
    <section className={style.section}>
      <div className={style.head}>
        <div>
          <Title order={2}>{title}</Title>
          {about && (
            <Text size="sm" c="dimmed" maw="70ch">
              {about}
            </Text>
          )}
        </div>
        {actions}
      </div>
      {children}
    </section>
  )
}
