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
import { StatusBadge } from '~/part/StatusBadge'

/** What is open in one's name: sessions of browsers, and tokens of programs. */
export function Tokens() {
  const { t } = useTranslation('account')
  const queries = useQueryClient()
  const confirm = useConfirm()
  const problem = useProblemTitle()
  const queryKey = ['account', 'tokens']
  const query = useQuery({ queryKey, queryFn: () => data(client.GET('/me/tokens')) })
  const end = useMutation({
    mutationFn: (id: number | undefined) =>
      data(id === undefined ? client.DELETE('/me/tokens') : client.DELETE('/me/tokens/{id}', { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey }),
    onError: (failure) => notifications.show({ message: problem(failure), color: 'red' }),
  })
  const endAll = async () => {
    const question = { title: t('tokens.endAll'), text: t('tokens.endAllText'), action: t('tokens.endAll'), danger: true }
    if (await confirm(question)) end.mutate(undefined)
  }
  const columns: Column<Schema<'Token'>>[] = [
    {
      key: 'kind',
      head: t('tokens.kind'),
      phone: 'title',
      cell: (token) =>
        token.in_hand ? (
          <StatusBadge tone="good">{t('tokens.here')}</StatusBadge>
        ) : token.session ? (
          t('tokens.session')
        ) : (
          token.name || t('tokens.token')
        ),
    },
    { key: 'address', head: t('tokens.address'), cell: ({ address }) => address },
    { key: 'since', head: t('tokens.since'), sort: ({ issued_at }) => issued_at, cell: ({ issued_at }) => <When at={issued_at} /> },
    {
      key: 'used',
      head: t('tokens.used'),
      sort: ({ used_at = '' }) => used_at,
      cell: ({ used_at }) => (used_at ? <Ago at={used_at} /> : t('never')),
    },
    { key: 'expires', head: t('tokens.expires'), sort: ({ expires_at }) => expires_at, cell: ({ expires_at }) => <Ago at={expires_at} /> },
    {
      key: 'end',
      head: '',
      align: 'end',
      cell: (token) =>
        !token.in_hand && (
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => end.mutate(token.id)}>
            {t('tokens.end')}
          </Button>
        ),
    },
  ]
  return (
    <Panel
      title={t('tokens.title')}
      about={t('tokens.about')}
      actions={
        (query.data?.length ?? 0) > 1 && (
          <Button variant="default" onClick={() => void endAll()}>
            {t('tokens.endAll')}
          </Button>
        )
      }
    >
      <Loaded query={query}>
        {(tokens) => <DataTable label={t('tokens.title')} columns={columns} rows={tokens} id={({ id }) => String(id)} />}
      </Loaded>
    </Panel>
  )
}
