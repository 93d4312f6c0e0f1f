import { Badge } from '@mantine/core'

/** The status of an HTTP answer. */
export const Status = ({ status }: { status: number }) => (
  <Badge variant="dot" fw={500} color={status < 300 ? 'green' : status < 500 ? 'yellow' : 'red'} className="tabular">
    {status}
  </Badge>
)
