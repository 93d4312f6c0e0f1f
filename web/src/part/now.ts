import { useSyncExternalStore } from 'react'

let now = Math.floor(Date.now() / 1000)
let timer: number | undefined
const told = new Set<() => void>()

function subscribe(tell: () => void) {
  told.add(tell)
  // One clock for all that tick: they tick together, and cost one timer.
  timer ??= window.setInterval(() => {
    now = Math.floor(Date.now() / 1000)
    for (const one of told) one()
  }, 1000)
  return () => {
    told.delete(tell)
    if (told.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}

/** Seconds since 1970, anew each second. */
export const useNow = () => useSyncExternalStore(subscribe, () => now)

/** The same, for what is shown anew anyway. */
export const clock = () => Math.floor(Date.now() / 1000)
