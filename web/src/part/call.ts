import type { Schema } from '~/api/client'

/** A call that is up, of one leg or of two that are bridged. */
export interface LiveCall {
  /** UUID of the leg that came first. */
  id: string
  /** That of the other; empty when there is none. */
  other: string
  /** That of the side which works here: it is whispered to. */
  ours: string
  switch: string
  inbound: boolean
  /** waiting: in a queue, and nobody talks with him yet. */
  state: Schema<'LiveCall'>['state'] | 'waiting'
  from: string
  to: string
  queue: string
  agent: string
  /** Who ordered it. */
  user: string
  project: string
  recorded: boolean
  since: number
}

/** Legs that are bridged with one another are one call: as the one that came first has it. The longest first. */
export function pair(legs: readonly Schema<'LiveCall'>[]): LiveCall[] {
  const of = new Map(legs.map((leg) => [leg.uuid, leg]))
  return legs
    .filter((leg) => {
      const other = of.get(leg.with)
      return !other || before(leg, other)
    })
    .map((leg): LiveCall => {
      const other = of.get(leg.with)
      const queue = leg.queue || (other?.queue ?? '')
      return {
        id: leg.uuid,
        other: other?.uuid ?? '',
        ours: queue && other ? other.uuid : leg.uuid,
        switch: leg.switch,
        inbound: leg.direction === 'inbound',
        state: queue && !leg.agent && !other && leg.state === 'active' ? 'waiting' : leg.state,
        from: leg.caller,
        to: leg.callee,
        queue,
        agent: leg.agent || (other?.agent ?? ''),
        user: leg.user || (other?.user ?? ''),
        project: leg.project || (other?.project ?? ''),
        recorded: leg.recorded || Boolean(other?.recorded),
        since: leg.since,
      }
    })
    .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
}

function before(leg: Schema<'LiveCall'>, other: Schema<'LiveCall'>): boolean {
  if (leg.since !== other.since) return leg.since < other.since
  if (leg.direction !== other.direction) return leg.direction === 'inbound'
  return leg.uuid < other.uuid
}
