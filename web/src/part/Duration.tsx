import { duration } from '~/text/format'
import { useNow } from './now'

/** Seconds as m:ss or h:mm:ss. */
export const Duration = ({ seconds }: { seconds: number }) => <span className="tabular">{duration(seconds)}</span>

/** How long something goes on, since a moment in seconds since 1970; ticks. */
export function Since({ at }: { at: number }) {
  const now = useNow()
  return <span className="tabular">{duration(now - at)}</span>
}
