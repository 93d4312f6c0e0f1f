import { Button, Modal, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { leave } from './leave'

interface Props {
  title: string
  about: string
  /** What the button that signs out says. */
  out: string
  children: ReactNode
}

/** Asks for something over the page that one is on, without which it does not go on. */
export const Barrier = ({ title, about, out, children }: Props) => (
  <Modal opened onClose={() => {}} withCloseButton={false} closeOnEscape={false} title={title}>
    <Text size="sm" c="dimmed" mb="md">
      {about}
    </Text>
    {children}
    <Button variant="subtle" fullWidth mt="xs" onClick={() => void leave()}>
      {out}
    </Button>
  </Modal>
)
