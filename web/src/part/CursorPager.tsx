import { Button, Group, Text } from '@mantine/core'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ProblemNote } from './ProblemNote'

interface Props {
  query: UseInfiniteQueryResult
  /** How many rows are shown by now. */
  shown: number
}

/** Fetches the next page of a list that the API gives by cursors, and puts it below those that are there. */
export function CursorPager({ query, shown }: Props) {
  const { t } = useTranslation()
  return (
    <>
      {query.isFetchNextPageError && <ProblemNote failure={query.error} />}
      <Group justify="center" gap="md" mt="md">
        <Text size="sm" c="dimmed" className="tabular" role="status">
          {t('state.shown', { count: shown })}
        </Text>
        {query.hasNextPage && (
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('action.more')}
          </Button>
        )}
      </Group>
    </>
  )
}
