import { useEffect, useMemo, useRef, useState } from 'react'

/** A value that changes at most every so many ms: at once after a pause, and never later than that. */
export function usePaced<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value)
  const last = useRef(0)
  useEffect(() => {
    const wait = last.current + ms - performance.now()
    const show = () => {
      last.current = performance.now()
      setShown(value)
    }
    if (wait <= 0) return show()
    const timer = window.setTimeout(show, wait)
    return () => window.clearTimeout(timer)
  }, [value, ms])
  return shown
}

const same = (a: object, b: object) => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key as keyof object] === b[key as keyof object])
}

/**
 * Rows that are made anew each time, with those in them that say the same as before being the same objects, and the same array when all do: so
 * what is memoised stays.
 */
export function useKept<R extends object>(rows: readonly R[], id: (row: R) => string): readonly R[] {
  const kept = useRef<readonly R[]>([])
  const now = useMemo(() => {
    const before = new Map(kept.current.map((row) => [id(row), row]))
    const all = rows.map((row) => {
      const old = before.get(id(row))
      return old && same(old, row) ? old : row
    })
    return all.length === kept.current.length && all.every((row, n) => row === kept.current[n]) ? kept.current : all
  }, [rows, id])
  useEffect(() => {
    kept.current = now
  }, [now])
  return now
}
