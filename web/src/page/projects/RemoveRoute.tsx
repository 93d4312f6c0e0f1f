import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Tagged } from '~/api/client'
import { useConfirm } from '~/part/Confirm'
import { ProblemNote } from '~/part/ProblemNote'
import { RemoveButton } from '~/part/RemoveButton'
import type { Route } from './api'

export function RemoveRoute({ route }: { route: Tagged<Route> }) {
  const { t } = useTranslation('projects')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const confirm = useConfirm()
  const { name } = route.value
  const remove = useMutation({
    mutationFn: () => data(client.DELETE('/routes', { params: { query: { name }, header: ifMatch(route.etag) } })),
    onSuccess: async () => {
      await navigate({ to: '/routes', ignoreBlocker: true })
      queries.removeQueries({ queryKey: ['routes', name] })
      void queries.invalidateQueries({ queryKey: ['routes'] })
      notifications.show({ message: t('route.removed') })
    },
  })
  const ask = async () => {
    const yes = await confirm({
      title: t('route.removeTitle', { name }),
      text: t('route.removeText'),
      action: t('route.remove'),
      danger: true,
    })
    if (yes) remove.mutate()
  }
  return (
    <>
      <RemoveButton loading={remove.isPending} onClick={() => void ask()}>
        {t('route.remove')}
      </RemoveButton>
      {remove.isError && <ProblemNote failure={remove.error} />}
    </>
  )
}
