import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { Ago, When } from '~/part/Ago'
import { useConfirm } from '~/part/Confirm'
import { type Column, DataTable } from '~/part/DataTable'
import { Loaded } from '~/part/Loaded'
import { Panel } from '~/part/Panel'
import { useProblemTitle } from '~/part/problem'

/** The keys that machines have of somebody; there is nothing to see for who has none. */
export function Keys() {
  const { t } = useTranslation('account')
  const queries = useQueryClient()
  const confirm = useConfirm()
  const problem = useProblemTitle()
  const queryKey = ['account', 'keys']
  const query = useQuery({ queryKey, queryFn: () => data(client.GET('/me/keys')) })
  const remove = useMutation({
    mutationFn: (id: number) => data(client.DELETE('/me/keys/{id}', { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey }),
    onError: (failure) => notifications.show({ message: problem(failure), color: 'red' }),
  })
  const ask = async ({ id, name }: Schema<'Key'>) => {
    if (await confirm({ title: t('keys.endTitle', { name }), text: t('keys.endText'), action: t('keys.end'), danger: true }))
      remove.mutate(id)
  }
  const columns: Column<Schema<'Key'>>[] = [
    { key: 'name', head: t('keys.name'), phone: 'title', sort: ({ name }) => name, cell: ({ name }) => name },
    { key: 'rights', head: t('keys.rights'), cell: ({ rights }) => rights.join(', ') },
    { key: 'networks', head: t('keys.networks'), cell: ({ networks }) => networks.join(', ') || t('keys.anywhere') },
    {
      key: 'used',
      head: t('tokens.used'),
      sort: ({ used_at = '' }) => used_at,
      cell: ({ used_at }) => (used_at ? <Ago at={used_at} /> : t('never')),
    },
    { key: 'expires', head: t('tokens.expires'), cell: ({ expires_at }) => (expires_at ? <When at={expires_at} /> : t('never')) },
    {
      key: 'end',
      head: '',
      align: 'end',
      cell: (key) => (
        <Button size="compact-sm" variant="subtle" color="red" onClick={() => void ask(key)}>
          {t('keys.end')}
        </Button>
      ),
    },
  ]
  if (query.data === null || query.data?.length === 0) return null
  return (
    <Panel title={t('keys.title')} about={t('keys.about')}>
      <Loaded query={query}>
        {(keys) => <DataTable label={t('keys.title')} columns={columns} rows={keys} id={({ id }) => String(id)} />}
      </Loaded>
    </Panel>
  )
}
