import { useEffect, useSyncExternalStore } from 'react'
import { ask, base, type Schema } from './client'
import { EventReader, type StreamEvent } from './events'
import { isProblem } from './problem'

/** What the stream tells of. */
export interface Rows {
  queues: Schema<'Queue'>
  agents: Schema<'Agent'>
  calls: Schema<'LiveCall'>
}
export type Topic = keyof Rows
type Row = Rows[Topic]

/**
 * idle: nobody looks. connecting: nothing has come yet. live: rows are as they are. stale: the stream is up, but a switch is out of
 * reach. lost: the stream is broken and is tried again. denied: there is no right to it, or there are too many streams.
 */
export type StreamState = 'idle' | 'connecting' | 'live' | 'stale' | 'lost' | 'denied'

const silence = 40_000 // ms: a comment comes every 15 s
const linger = 5_000 // ms that the stream outlives who looked last: pages come and go

const topics = ['queues', 'agents', 'calls'] as const
const topicOf: Readonly<Record<string, Topic>> = { queue: 'queues', agent: 'agents', call: 'calls' }
const keyOf = (topic: Topic, row: Row) => `${row.switch}|${topic === 'calls' ? (row as Rows['calls']).uuid : (row as Rows['queues']).name}`

/** One stream for the whole page, of all topics that somebody looks at. Those who look are told at most once a frame. */
class Stream {
  private readonly rows: Record<Topic, Map<string, Row>> = { queues: new Map(), agents: new Map(), calls: new Map() }
  private readonly lists: Record<Topic, readonly Row[]> = { queues: [], agents: [], calls: [] }
  private readonly changed = new Set<Topic>()
  private readonly stale = new Map<string, string>()
  private readonly lookers: Record<Topic, number> = { queues: 0, agents: 0, calls: 0 }
  private readonly told = new Set<() => void>()
  private open: Topic[] = []
  private breaker: AbortController | undefined
  private closing: number | undefined
  private retrying: number | undefined
  private frame: number | undefined
  private last = ''
  private state: StreamState = 'idle'
  private heard = 0 // when the last byte came, in ms since 1970

  subscribe = (tell: () => void) => {
    this.told.add(tell)
    return () => this.told.delete(tell)
  }

  list = <T extends Topic>(topic: T) => this.lists[topic] as readonly Rows[T][]
  standing = () => this.state

  /** As of when the oldest of what is shown is known, in ms since 1970; 0 while all of it is as it is. */
  since = () => {
    if (this.state === 'lost') return this.heard
    return [...this.stale.values()].reduce(
      (oldest, at) => Math.min(oldest || Number.POSITIVE_INFINITY, at === '' ? this.heard : Date.parse(at)),
      0,
    )
  }

  look(topic: Topic) {
    this.lookers[topic]++
    window.clearTimeout(this.closing)
    if (!this.open.includes(topic)) this.reopen()
    return () => {
      this.lookers[topic]--
      if (Object.values(this.lookers).every((n) => n === 0)) this.closing = window.setTimeout(() => this.close(), linger)
    }
  }

  /** Begins anew with the topics that are looked at: others, or for somebody who has just signed in. */
  reopen() {
    this.last = '' // of other topics nothing was told yet
    this.retry(0)
  }

  /** Forgets everything: somebody else may sign in. */
  close() {
    this.breaker?.abort()
    window.clearTimeout(this.retrying)
    this.open = []
    this.last = ''
    this.clear()
    this.be('idle')
  }

  private retry(ms: number) {
    window.clearTimeout(this.retrying)
    this.retrying = window.setTimeout(() => this.connect(), ms)
  }

  private connect() {
    this.breaker?.abort()
    this.open = topics.filter((topic) => this.lookers[topic] > 0 || this.open.includes(topic))
    if (this.open.length === 0) return
    const breaker = new AbortController()
    this.breaker = breaker
    if (this.state !== 'lost') this.be('connecting')
    this.serve(breaker).catch((failure: unknown) => {
      if (this.breaker !== breaker || this.open.length === 0) return
      if (isProblem(failure, 401, 403, 429)) {
        this.open = []
        this.clear()
        this.be('denied')
        if (failure.status === 429) this.retry(30_000)
        return
      }
      this.be('lost')
      this.retry(1000 + Math.random() * 2000)
    })
  }

  private async serve(breaker: AbortController) {
    const url = new URL(`${base}/stream?topics=${this.open.join(',')}`, window.location.href)
    const headers = { Accept: 'text/event-stream', ...(this.last && { 'Last-Event-ID': this.last }) }
    const answer = await ask(new Request(url, { headers, signal: breaker.signal, cache: 'no-store' }))
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    const events = new EventReader()
    const watch = window.setInterval(() => Date.now() - this.heard > silence && breaker.abort(), 5000)
    this.heard = Date.now()
    try {
      for (;;) {
        const piece = await reader?.read()
        if (!piece || piece.done) throw new Error('the stream ended')
        this.heard = Date.now()
        for (const event of events.read(piece.value)) this.take(event)
        this.be(this.stale.size > 0 ? 'stale' : 'live')
      }
    } finally {
      window.clearInterval(watch)
    }
  }

  private take({ event, data, id }: StreamEvent) {
    this.last = id
    const topic = topicOf[event]
    if (topic) {
      const row = JSON.parse(data) as Row
      this.rows[topic].set(keyOf(topic, row), row)
      this.change(topic)
      return
    }
    switch (event) {
      case 'reset':
        this.clear()
        return
      case 'snapshot': {
        const whole = JSON.parse(data) as Schema<'QueueSnapshot'> | Schema<'AgentSnapshot'> | Schema<'CallSnapshot'>
        for (const [key, row] of this.rows[whole.topic]) if (row.switch === whole.switch) this.rows[whole.topic].delete(key)
        for (const row of whole.rows) this.rows[whole.topic].set(keyOf(whole.topic, row), row)
        this.standAs(whole, whole.stale)
        return
      }
      case 'gone': {
        const gone = JSON.parse(data) as Schema<'Gone'>
        this.rows[gone.topic].delete(`${gone.switch}|${gone.id}`)
        this.change(gone.topic)
        return
      }
      case 'stale':
        this.standAs(JSON.parse(data) as Schema<'Stale'>, true)
        return
      case 'fresh':
        this.standAs(JSON.parse(data) as Schema<'Fresh'>, false)
    }
  }

  private standAs(of: { topic: Topic; switch: string; since?: string }, stale: boolean) {
    const key = `${of.topic}|${of.switch}`
    if (stale) this.stale.set(key, of.since ?? '')
    else this.stale.delete(key)
    this.change(of.topic)
  }

  private clear() {
    this.stale.clear()
    for (const topic of topics) {
      this.rows[topic].clear()
      this.change(topic)
    }
  }

  private be(state: StreamState) {
    if (this.state === state) return
    this.state = state
    this.tell()
  }

  private change(topic: Topic) {
    this.changed.add(topic)
    this.tell()
  }

  // By a timer, as no frame comes while the page is hidden, and all that happened meanwhile would be done at once.
  private tell() {
    this.frame ??= window.setTimeout(() => {
      this.frame = undefined
      for (const topic of this.changed) this.lists[topic] = [...this.rows[topic].values()]
      this.changed.clear()
      for (const tell of this.told) tell()
    }, 50)
  }
}

const stream = new Stream()

/** Ends what is told: somebody signed out. */
export const closeStream = () => stream.close()

/** Begins anew what is told: somebody signed in. */
export const reopenStream = () => stream.reopen()

/**
 * All rows of a topic, as they are now, in no order; the array is another one when one of them changed. Opens the stream while it is
 * used. Who has no right to a topic must not look at it, or the others are refused with it.
 */
export function useRows<T extends Topic>(topic: T, look = true): readonly Rows[T][] {
  useEffect(() => (look ? stream.look(topic) : undefined), [topic, look])
  return useSyncExternalStore(stream.subscribe, () => stream.list(topic))
}

/** How well what is shown is known. */
export const useStreamState = () => useSyncExternalStore(stream.subscribe, stream.standing)

/** As of when the oldest of what is shown is known, in ms since 1970; 0 while all of it is as it is. */
export const useStreamSince = () => useSyncExternalStore(stream.subscribe, stream.since)
