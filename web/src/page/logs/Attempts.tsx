import { Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { CodeBlock } from '~/part/CodeBlock'
import { useFormat } from '~/text/format'
import { Status } from './Status'

/** How often something was sent, and what was answered. */
export function Attempts({ attempts }: { attempts: readonly Schema<'WebhookAttempt'>[] }) {
  const { t } = useTranslation('logs')
  const format = useFormat()
  const answer = attempts.at(-1)?.answer
  return (
    <Stack gap={6}>
      {attempts.map((attempt, n) => (
        <Text key={attempt.at} size="sm" component="div" className="tabular">
          {`${n + 1}. `}
          <When at={attempt.at} />
          {' · '}
          {attempt.status > 0 ? <Status status={attempt.status} /> : attempt.error || t('delivery.noAnswer')}
          {` · ${t('delivery.took', { seconds: format.number(Math.round(attempt.took * 1000) / 1000) })}`}
        </Text>
      ))}
      {answer && (
        <div>
          <Text size="xs" c="dimmed" mb={4}>
            {t('delivery.answer')}
          </Text>
          <CodeBlock label={t('delivery.answer')} text={answer} height={160} />
        </div>
      )}
    </Stack>
  )
}
