import { Alert, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isProblem } from '~/api/problem'
import { useProblemTitle } from './problem'

/** A failure beside what it happened to: a title, the API's words, the id of the request. */
export function ProblemNote({ failure, children }: { failure: unknown; children?: ReactNode }) {
  const title = useProblemTitle()
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={title(failure)} role="alert">
      <ProblemDetail failure={failure} />
      {children}
    </Alert>
  )
}

/** The API's own words on a failure, and the id of the request. */
export function ProblemDetail({ failure }: { failure: unknown }) {
  const { t } = useTranslation()
  if (!isProblem(failure)) return null
  return (
    <>
      {failure.detail && failure.status !== 404 && (
        <Text size="sm" lang="en">
          {failure.detail}
        </Text>
      )}
      {failure.errors.map((error) => (
        <Text key={`${error.location} ${error.message}`} size="sm" lang="en">
          {[error.location, error.message].filter(Boolean).join(': ')}
        </Text>
      ))}
      {failure.requestId && (
        <Text size="xs" c="dimmed" className="tabular">
          {t('state.request', { id: failure.requestId })}
        </Text>
      )}
    </>
  )
}
