import { Box } from '@mantine/core'
import type { UseInfiniteQueryResult, UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failed } from './Failed'
import { Loading } from './Loading'
import { ProblemNote } from './ProblemNote'

interface Props<T> {
  query: UseQueryResult<T> | UseInfiniteQueryResult<T>
  children: (data: T) => ReactNode
}

/** Shows what a query found, or how far it is. What was found before stays when it cannot be asked again, with a word about that. */
export function Loaded<T>({ query, children }: Props<T>) {
  if (query.data === undefined) {
    return query.isError ? <Failed failure={query.error} onRetry={() => void query.refetch()} /> : <Loading />
  }
  return (
    <>
      {query.isRefetchError && (
        <Box mb="sm">
          <ProblemNote failure={query.error} />
        </Box>
      )}
      {children(query.data)}
    </>
  )
}
