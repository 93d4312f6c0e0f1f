import { useSyncExternalStore } from 'react'

/** How serious something is. */
export type Grade = 'bad' | 'warn' | undefined

/** From where on something is a warning, and where it is bad. */
export interface Threshold {
  warn: number
  bad: number
}

/** What the board is coloured by. */
export const defaults = {
  /** Seconds that the first caller waits. */
  wait: { warn: 20, bad: 60 },
  /** Per cent answered in time: less is worse. */
  level: { warn: 80, bad: 60 },
  /** Per cent abandoned. */
  abandoned: { warn: 5, bad: 10 },
  /** Minutes of a pause. */
  pause: { warn: 15, bad: 30 },
} as const satisfies Record<string, Threshold>

export type Measure = keyof typeof defaults
export type Thresholds = Readonly<Record<Measure, Threshold>>
export const measures = Object.keys(defaults) as Measure[]

export const grade = (value: number, { warn, bad }: Threshold): Grade => (value >= bad ? 'bad' : value >= warn ? 'warn' : undefined)
export const gradeLess = (value: number, { warn, bad }: Threshold): Grade => (value < bad ? 'bad' : value < warn ? 'warn' : undefined)

const key = 'callgate.thresholds'
const told = new Set<() => void>()
let current = read()

function read(): Thresholds {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}')
    const of = (measure: Measure) => {
      const { warn, bad } = Object(Object(kept)[measure])
      return typeof warn === 'number' && typeof bad === 'number' ? { warn, bad } : defaults[measure]
    }
    return { wait: of('wait'), level: of('level'), abandoned: of('abandoned'), pause: of('pause') }
  } catch {
    return defaults
  }
}

/** Keeps them in this browser: each screen has its own. */
export function keepThresholds(thresholds: Thresholds) {
  current = thresholds
  localStorage.setItem(key, JSON.stringify(thresholds))
  for (const tell of told) tell()
}

export const useThresholds = () =>
  useSyncExternalStore(
    (tell) => {
      told.add(tell)
      return () => told.delete(tell)
    },
    () => current,
  )
