import { type Moment, moment, useFormat } from '~/text/format'
import { useNow } from './now'

/** How long ago a moment was, or how soon it is; the moment itself as a hint. */
export function Ago({ at }: { at: Moment }) {
  const format = useFormat()
  const when = moment(at)
  return (
    <time dateTime={when.toISOString()} title={format.dateTime(when)}>
      {format.ago(when.getTime() / 1000 - useNow())}
    </time>
  )
}

/** A moment as date and time, in the browser's zone. */
export function When({ at }: { at: Moment }) {
  const format = useFormat()
  return (
    <time className="tabular" dateTime={moment(at).toISOString()}>
      {format.dateTime(at)}
    </time>
  )
}
