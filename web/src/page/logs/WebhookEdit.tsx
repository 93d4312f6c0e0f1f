import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, tagged } from '~/api/client'
import { BackLink } from '~/part/BackLink'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { WebhookForm } from './WebhookForm'

const route = getRouteApi('/shell/logs/webhooks/$id/edit')

export default function WebhookEdit() {
  const { t } = useTranslation('logs')
  const { id } = route.useParams()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const query = useQuery({
    queryKey: ['webhook', id, 'edit'],
    queryFn: () => tagged(client.GET('/webhooks/{id}', { params: { path: { id } } })),
    staleTime: Number.POSITIVE_INFINITY, // what is typed is about what was read
    gcTime: 0,
  })
  const back = () => void navigate({ to: '/logs/webhooks/$id', params: { id } })
  return (
    <Loaded query={query}>
      {({ value, etag }) => (
        <>
          <BackLink to="/logs/webhooks">{t('tab.webhooks')}</BackLink>
          <PageHead title={value.name} about={t('webhook.editAbout')} />
          <WebhookForm
            key={etag}
            known={value}
            save={(values) => data(client.PATCH('/webhooks/{id}', { params: { path: { id }, header: ifMatch(etag) }, body: values }))}
            onSaved={() => {
              void queryClient.invalidateQueries({ queryKey: ['webhooks'] })
              void queryClient.invalidateQueries({ queryKey: ['webhook', id] })
              notifications.show({ color: 'green', message: t('webhook.saved') })
              back()
            }}
            onCancel={back}
            onReload={() => void query.refetch()}
          />
        </>
      )}
    </Loaded>
  )
}
