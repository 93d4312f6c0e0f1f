import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Name } from '~/part/Name'

interface Props {
  of: { switch: string; name: string }
  /** There are several switches: it is said which. */
  several?: boolean
}

const At = ({ name }: { name: string }) => (
  <Text component="span" size="xs" c="dimmed" ms={6}>
    {name}
  </Text>
)

/** A queue's name, that leads to it. */
export const QueueName = ({ of, several = false }: Props) => (
  <span>
    <Anchor inherit fw={500} renderRoot={(props) => <Link to="/queues/$switch/$name" params={of} {...props} />}>
      <Name of={of.name} />
    </Anchor>
    {several && <At name={of.switch} />}
  </span>
)

/** An agent's name, that leads to him. */
export const AgentName = ({ of, several = false }: Props) => (
  <span>
    <Anchor inherit fw={500} renderRoot={(props) => <Link to="/agents/$switch/$name" params={of} {...props} />}>
      <Name of={of.name} />
    </Anchor>
    {several && <At name={of.switch} />}
  </span>
)
