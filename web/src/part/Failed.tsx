import { Button } from '@mantine/core'
import { IconCloudOff, IconRefresh } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { isProblem } from '~/api/problem'
import { Forbidden } from './Forbidden'
import { Notice } from './Notice'
import { ProblemDetail } from './ProblemNote'
import { useProblemTitle } from './problem'

interface Props {
  failure: unknown
  onRetry?: () => void
}

/** Says in the place of something that it could not be fetched; a refusal says so. */
export function Failed({ failure, onRetry }: Props) {
  const { t } = useTranslation()
  const title = useProblemTitle()
  if (isProblem(failure, 403)) return <Forbidden />
  return (
    <Notice alert icon={IconCloudOff} title={title(failure)} text={<ProblemDetail failure={failure} />}>
      {onRetry && (
        <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={onRetry}>
          {t('action.retry')}
        </Button>
      )}
    </Notice>
  )
}
