import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { BackLink } from '~/part/BackLink'
import { PageHead } from '~/part/PageHead'
import { SecretOnce } from './SecretOnce'
import { WebhookForm } from './WebhookForm'

export default function WebhookAdd() {
  const { t } = useTranslation('logs')
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [made, setMade] = useState<Schema<'Webhook'>>()
  return (
    <>
      <BackLink to="/logs/webhooks">{t('tab.webhooks')}</BackLink>
      <PageHead title={t('webhook.new')} about={t('webhook.newAbout')} />
      <WebhookForm
        known={undefined}
        save={(values) => data(client.POST('/webhooks', { body: { ...values, url: values.url.trim(), name: values.name.trim() } }))}
        onSaved={(webhook) => {
          void queryClient.invalidateQueries({ queryKey: ['webhooks'] })
          setMade(webhook)
        }}
        onCancel={() => void navigate({ to: '/logs/webhooks' })}
      />
      <SecretOnce secret={made?.secret} onClose={() => made && void navigate({ to: '/logs/webhooks/$id', params: { id: made.id } })} />
    </>
  )
}
