import { UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { type CSSProperties, memo, type ReactNode, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import style from './RowList.module.css'

export interface ListColumn<R> {
  key: string
  head: string
  /** A grid track, such as 4rem or minmax(0, 1fr). */
  width: string
  align?: 'end'
  cell: (row: R) => ReactNode
  /** By what a click on the head sorts, the most first; text from A on. */
  sort?: (row: R) => string | number
}

interface Props<R> {
  /** What the list has, for who cannot see it. */
  label: string
  /** Keep it the same object while the columns are the same: rows are shown anew with it. */
  columns: readonly ListColumn<R>[]
  /** In the order in which they are shown while nothing else was chosen. Rows that are the same objects are not shown anew. */
  rows: readonly R[]
  id: (row: R) => string
  /** Of a row, in px. */
  height: number
  /** Turns to the next page every so many seconds where not all fit: for a screen that nobody touches. */
  turn?: number | undefined
  empty: ReactNode
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
const spare = 6 // rows beyond what is seen, so that scrolling shows no gaps

/**
 * A long list that changes all the time: only those rows are there which are seen, and only those are shown anew which have changed. It
 * scrolls by itself where its height is limited, else with the page.
 */
export function RowList<R>({ label, columns, rows, id, height, turn, empty }: Props<R>) {
  const [sort, setSort] = useState<{ key: string; turned: boolean }>()
  const by = columns.find((column) => column.key === sort?.key)?.sort
  const sorted = by ? order(rows, by, sort?.turned ?? false) : rows
  const scroller = useRef<HTMLDivElement>(null)
  const [first, last] = useSeen(scroller, rows.length, height)
  useTurns(scroller, rows.length, height, turn)
  const lines = { '--columns': columns.map((column) => column.width).join(' '), '--row': `${height}px` } as CSSProperties
  const change = (key: string) => setSort(sort?.key !== key ? { key, turned: false } : sort.turned ? undefined : { key, turned: true })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div className={style.scroller} ref={scroller} tabIndex={0}>
      <table className={style.list} aria-label={label} aria-rowcount={rows.length + 1} style={lines}>
        <thead>
          <tr className={style.head} aria-rowindex={1}>
            {columns.map((column) => {
              const on = sort?.key === column.key
              const up = on && sort.turned !== (rows[0] !== undefined && typeof by?.(rows[0]) === 'string')
              const Arrow = up ? IconArrowUp : IconArrowDown
              return (
                <th
                  key={column.key}
                  scope="col"
                  className={style.cell}
                  data-align={column.align}
                  aria-sort={on ? (up ? 'ascending' : 'descending') : undefined}
                >
                  {column.sort && rows.length > 0 ? (
                    <UnstyledButton className={style.sort} title={column.head} data-on={on || undefined} onClick={() => change(column.key)}>
                      <span>{column.head}</span>
                      {on && <Arrow size={12} aria-hidden />}
                    </UnstyledButton>
                  ) : (
                    column.head
                  )}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          <tr aria-hidden className={style.space} style={{ height: first * height }} />
          {sorted.slice(first, last).map((row, n) => (
            <Line key={id(row)} row={row} columns={columns as readonly ListColumn<unknown>[]} index={first + n + 2} />
          ))}
          <tr aria-hidden className={style.space} style={{ height: Math.max(0, rows.length - last) * height }} />
        </tbody>
      </table>
      {rows.length === 0 && empty}
    </div>
  )
}

const Line = memo(function Line({ row, columns, index }: { row: unknown; columns: readonly ListColumn<unknown>[]; index: number }) {
  return (
    <tr className={style.row} aria-rowindex={index}>
      {columns.map((column) => (
        <td key={column.key} className={style.cell} data-align={column.align}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
})

function order<R>(rows: readonly R[], by: (row: R) => string | number, turned: boolean): readonly R[] {
  const way = turned ? -1 : 1
  return rows.toSorted((one, other) => {
    const [a, b] = [by(one), by(other)]
    return way * (typeof a === 'string' && typeof b === 'string' ? collator.compare(a, b) : Number(b) - Number(a))
  })
}

/** Which of so many rows are seen just now. */
function useSeen(scroller: RefObject<HTMLDivElement | null>, count: number, height: number): [number, number] {
  const [seen, setSeen] = useState<[number, number]>([0, 40])
  const look = useCallback(() => {
    const box = scroller.current
    if (!box) return
    const at = box.getBoundingClientRect()
    const top = Math.max(at.top, 0) - at.top + box.scrollTop
    const bottom = Math.min(at.bottom, window.innerHeight) - at.top + box.scrollTop
    const first = Math.max(0, Math.floor(top / height) - spare)
    const last = Math.max(first, Math.ceil(bottom / height) + spare)
    setSeen((before) => (before[0] === first && before[1] === last ? before : [first, last]))
  }, [scroller, height])
  // biome-ignore lint/correctness/useExhaustiveDependencies: with other rows others are seen
  useLayoutEffect(look, [look, count])
  useEffect(() => {
    const box = scroller.current
    const size = new ResizeObserver(look)
    if (box) size.observe(box)
    window.addEventListener('scroll', look, { capture: true, passive: true })
    window.addEventListener('resize', look)
    return () => {
      size.disconnect()
      window.removeEventListener('scroll', look, { capture: true })
      window.removeEventListener('resize', look)
    }
  }, [scroller, look])
  return [Math.min(seen[0], Math.max(0, count - 1)), Math.min(seen[1], count)]
}

function useTurns(scroller: RefObject<HTMLDivElement | null>, count: number, height: number, turn: number | undefined) {
  useEffect(() => {
    if (!turn || count === 0) return
    const timer = window.setInterval(() => {
      const box = scroller.current
      if (!box) return
      const page = Math.max(1, Math.floor(box.clientHeight / height) - 1) * height // the head stays above them
      box.scrollTop = box.scrollTop + box.clientHeight >= box.scrollHeight - 1 ? 0 : box.scrollTop + page
    }, turn * 1000)
    return () => window.clearInterval(timer)
  }, [scroller, count, height, turn])
}
