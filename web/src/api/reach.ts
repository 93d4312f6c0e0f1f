import { useSyncExternalStore } from 'react'

let up = true
const waiting = new Set<() => void>()

/** Notes whether callgate answered at all. */
export function reached(answered: boolean) {
  if (up === answered) return
  up = answered
  for (const tell of waiting) tell()
}

function subscribe(tell: () => void) {
  waiting.add(tell)
  return () => waiting.delete(tell)
}

/** Whether callgate answered when it was asked last. */
export const useReach = () => useSyncExternalStore(subscribe, () => up)
