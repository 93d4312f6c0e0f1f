import { type Icon, IconInbox } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Notice } from './Notice'

interface Props {
  title: ReactNode
  /** What will be here, and how it gets here. */
  text?: ReactNode
  icon?: Icon
  /** A button that makes the first one. */
  children?: ReactNode
}

/** Says that there is nothing, and how that changes. */
export const Empty = ({ icon = IconInbox, ...rest }: Props) => <Notice icon={icon} {...rest} />
