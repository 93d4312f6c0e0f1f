import { Group, Pagination } from '@mantine/core'
import { type ComponentProps, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { DataTable, inOrder, type Sort } from './DataTable'

interface Props<R> extends Omit<ComponentProps<typeof DataTable<R>>, 'sort' | 'onSort'> {
  sort: Sort
  onSort: (sort: Sort) => void
  /** From 1. */
  page: number
  onPage: (page: number) => void
}

const size = 50

/** A table of rows that are all known, of which a page is shown: for lists that are long, or change all the time. */
export function PagedTable<R>({ rows, columns, page, onPage, ...rest }: Props<R>) {
  const { t } = useTranslation()
  const sorted = useMemo(() => inOrder(rows ?? [], columns, rest.sort), [rows, columns, rest.sort])
  const pages = Math.max(1, Math.ceil(sorted.length / size))
  const shown = Math.min(page, pages)
  return (
    <>
      <DataTable {...rest} columns={columns} rows={sorted.slice((shown - 1) * size, shown * size)} />
      {pages > 1 && (
        <Group justify="center" mt="md">
          <Pagination
            total={pages}
            value={shown}
            onChange={onPage}
            size="sm"
            getControlProps={(control) => ({ 'aria-label': t(`pages.${control}`) })}
            getItemProps={(n) => ({ 'aria-label': t('pages.page', { n }) })}
          />
        </Group>
      )}
    </>
  )
}
