import { Badge } from '@mantine/core'
import type { Method } from './document'

const colors: Readonly<Record<Method, string>> = { get: 'blue', post: 'green', put: 'yellow', patch: 'yellow', delete: 'red' }

export const MethodBadge = ({ method }: { method: Method }) => (
  <Badge variant="dot" color={colors[method]} radius="sm" w={84} style={{ flex: 'none' }}>
    {method}
  </Badge>
)
