import { Paper, ScrollArea, Table, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'
import { type ReactNode, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import style from './DataTable.module.css'
import { Empty } from './Empty'

export interface Column<R> {
  key: string
  head: ReactNode
  cell: (row: R) => ReactNode
  /** By what the column sorts; without it it does not. */
  sort?: (row: R) => string | number | boolean
  /** Figures stand at the end. */
  align?: 'start' | 'end'
  width?: number | string
  /** What a phone does with it: the title of the card, or nothing. Without it: a line of the card. */
  phone?: 'title' | 'hide'
}

export interface Sort {
  by: string
  desc: boolean
}

interface Props<R> {
  /** What the table has, for who cannot see it. */
  label: string
  columns: readonly Column<R>[]
  /** The API may write null for none. */
  rows: readonly R[] | null | undefined
  id: (row: R) => string
  /** In the place of a table without rows. */
  empty?: ReactNode
  /** How it is sorted at first; or always, with onSort: then it is kept by the page, as in its address. */
  sort?: Sort
  onSort?: (sort: Sort) => void
  /** What a click on a row does. The keyboard gets there by a link or button in a cell, which there has to be as well. */
  onRow?: (row: R) => void
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

function order(a: string | number | boolean, b: string | number | boolean): number {
  return typeof a === 'string' && typeof b === 'string' ? collator.compare(a, b) : Number(a) - Number(b)
}

/** Rows as a column sorts them. */
export function inOrder<R>(rows: readonly R[], columns: readonly Column<R>[], sort: Sort | undefined): readonly R[] {
  const by = columns.find((column) => column.key === sort?.by)?.sort
  const way = sort?.desc ? -1 : 1
  return by ? rows.toSorted((a, b) => way * order(by(a), by(b))) : rows
}

/** Rows with columns that sort; on a phone each row is a card. */
export function DataTable<R>({ label, columns, rows, id, empty, sort, onSort, onRow }: Props<R>) {
  const { t } = useTranslation()
  const [own, setOwn] = useState(sort)
  const current = onSort ? sort : own
  const sorted = useMemo(() => inOrder(rows ?? [], columns, current), [rows, columns, current])
  if (sorted.length === 0) return <Paper withBorder>{empty ?? <Empty title={t('state.empty')} />}</Paper>
  const change = (key: string) => (onSort ?? setOwn)({ by: key, desc: current?.by === key ? !current.desc : false })
  return (
    <Paper withBorder className={style.paper}>
      <ScrollArea type="auto" offsetScrollbars={false}>
        <Table className={style.table} aria-label={label} role="table" highlightOnHover={onRow !== undefined} verticalSpacing={6}>
          <Table.Thead role="rowgroup">
            <Table.Tr role="row">
              {columns.map((column) => {
                const way = current?.by === column.key ? (current.desc ? 'descending' : 'ascending') : 'none'
                const Arrow = way === 'none' ? IconArrowsSort : way === 'ascending' ? IconArrowUp : IconArrowDown
                return (
                  <Table.Th key={column.key} role="columnheader" w={column.width} data-align={column.align} aria-sort={column.sort && way}>
                    {column.sort ? (
                      <UnstyledButton className={style.sort} onClick={() => change(column.key)} data-on={way !== 'none' || undefined}>
                        {column.head}
                        <Arrow size={14} aria-hidden />
                      </UnstyledButton>
                    ) : (
                      column.head
                    )}
                  </Table.Th>
                )
              })}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody role="rowgroup">
            {sorted.map((row) => (
              <Table.Tr key={id(row)} role="row" onClick={onRow && (() => onRow(row))} data-click={onRow ? true : undefined}>
                {columns.map((column) => {
                  const content = column.cell(row)
                  const none = content === undefined || content === null || content === false || content === ''
                  return (
                    <Table.Td
                      key={column.key}
                      role="cell"
                      data-align={column.align}
                      data-phone={column.phone}
                      data-none={none || undefined}
                    >
                      {typeof column.head === 'string' && column.head !== '' && column.phone !== 'title' && (
                        <span className={style.name} aria-hidden>
                          {column.head}
                        </span>
                      )}
                      {content}
                    </Table.Td>
                  )
                })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
    </Paper>
  )
}
