import { Button } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'

interface Props {
  loading?: boolean
  onClick: () => void
  /** What it does. */
  children: ReactNode
}

/** Removes a thing, or asks whether to. */
export const RemoveButton = (props: Props) => (
  <Button variant="default" c="var(--mantine-color-error)" leftSection={<IconTrash size={16} />} {...props} />
)
