import { Anchor, Group } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'

interface Props extends Pick<LinkProps, 'search'> {
  to: NonNullable<LinkProps['to']>
  /** What is there. */
  children: ReactNode
}

/** The way back from one thing to the list of all, above the head of the page. */
export const BackLink = ({ to, search, children }: Props) => (
  <Anchor size="sm" renderRoot={(props) => <Link to={to} search={search} {...props} />}>
    <Group gap={4} mb="xs" component="span" display="inline-flex">
      <IconArrowLeft size={16} aria-hidden />
      {children}
    </Group>
  </Anchor>
)
