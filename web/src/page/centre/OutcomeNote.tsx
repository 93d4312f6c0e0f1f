import { Alert } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconPhoneX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'

const causes = ['NO_ANSWER', 'USER_BUSY', 'USER_NOT_REGISTERED', 'CALL_REJECTED', 'NO_USER_RESPONSE', 'SUBSCRIBER_ABSENT'] as const

/** What came of ringing somebody. */
export function OutcomeNote({ outcome, answered }: { outcome: Schema<'Outcome'>; answered: string }) {
  const { t } = useTranslation('centre')
  const cause = causes.find((one) => one === outcome.cause)
  if (outcome.outcome === 'answered') {
    return <Alert role="status" color="green" icon={<IconCheck />} title={answered} />
  }
  if (outcome.outcome === 'unknown') {
    return (
      <Alert role="alert" color="yellow" icon={<IconAlertTriangle />} title={t('outcome.unknown')}>
        {t('outcome.unknownText')}
      </Alert>
    )
  }
  return (
    <Alert role="alert" color="red" icon={<IconPhoneX />} title={t('outcome.refused')}>
      {cause ? t(`cause.${cause}`) : outcome.cause}
    </Alert>
  )
}
