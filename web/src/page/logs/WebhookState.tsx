import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { StatusBadge } from '~/part/StatusBadge'

/** Whether events go there, and whether they arrive. */
export function WebhookState({ webhook: { active, reason, failures } }: { webhook: Schema<'Webhook'> }) {
  const { t } = useTranslation('logs')
  if (!active) {
    return (
      <Tooltip label={reason} disabled={!reason}>
        <span>
          <StatusBadge tone="off">{t('webhook.off')}</StatusBadge>
        </span>
      </Tooltip>
    )
  }
  if (failures > 0) return <StatusBadge tone="bad">{t('webhook.failing', { count: failures })}</StatusBadge>
  return <StatusBadge tone="good">{t('webhook.on')}</StatusBadge>
}
