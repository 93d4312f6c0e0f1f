import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { Ago, When } from '~/part/Ago'
import { useConfirm } from '~/part/Confirm'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'
import { tokensQuery } from './query'

/** Where somebody is signed in: sessions of browsers, and tokens of programs. */
export function Tokens({ login, may, self }: { login: string; may: boolean; self: boolean }) {
  const { t } = useTranslation(['users', 'account'])
  const confirm = useConfirm()
  const queries = useQueryClient()
  const query = useQuery(tokensQuery(login))
  const end = useMutation({
    mutationFn: (id: number | undefined) =>
      data(
        id === undefined
          ? client.DELETE('/users/{login}/tokens', { params: { path: { login } } })
          : client.DELETE('/users/{login}/tokens/{id}', { params: { path: { login, id } } }),
      ),
    onSuccess: () => notifications.show({ message: t('tokens.ended') }),
    onSettled: () => queries.invalidateQueries({ queryKey: tokensQuery(login).queryKey }),
  })
  const endAll = async () => {
    const question = { title: t('tokens.endAllTitle', { login }), text: t('tokens.endAllText'), action: t('tokens.endAll'), danger: true }
    if (await confirm(question)) end.mutate(undefined)
  }
  const columns: readonly Column<Schema<'Token'>>[] = [
    {
      key: 'kind',
      head: t('account:tokens.kind'),
      phone: 'title',
      cell: ({ session, name, in_hand }) =>
        in_hand ? t('account:tokens.here') : session ? t('account:tokens.session') : name || t('account:tokens.token'),
    },
    { key: 'address', head: t('account:tokens.address'), cell: ({ address }) => address },
    { key: 'since', head: t('account:tokens.since'), sort: ({ issued_at }) => issued_at, cell: ({ issued_at }) => <When at={issued_at} /> },
    {
      key: 'used',
      head: t('account:tokens.used'),
      sort: ({ used_at = '' }) => used_at,
      cell: ({ used_at }) => (used_at ? <Ago at={used_at} /> : t('never')),
    },
    {
      key: 'expires',
      head: t('account:tokens.expires'),
      sort: ({ expires_at }) => expires_at,
      cell: ({ expires_at }) => <Ago at={expires_at} />,
    },
    ...(may
      ? [
          {
            key: 'end',
            head: '',
            align: 'end' as const,
            cell: ({ id, in_hand }: Schema<'Token'>) =>
              !in_hand && (
                <Button size="compact-sm" variant="subtle" color="red" onClick={() => end.mutate(id)}>
                  {t('account:tokens.end')}
                </Button>
              ),
          },
        ]
      : []),
  ]
  return (
    <Panel
      title={t('account:tokens.title')}
      about={t('tokens.about')}
      actions={
        may &&
        !self && // he would end the session in hand too
        query.data?.some(({ in_hand }) => !in_hand) && (
          <Button variant="default" onClick={() => void endAll()}>
            {t('tokens.endAll')}
          </Button>
        )
      }
    >
      {end.isError && <ProblemNote failure={end.error} />}
      <Loaded query={query}>
        {(tokens) => (
          <DataTable
            label={t('account:tokens.title')}
            columns={columns}
            rows={tokens}
            id={({ id }) => String(id)}
            empty={<Empty title={t('tokens.none')} text={t('tokens.noneAbout')} />}
          />
        )}
      </Loaded>
    </Panel>
  )
}
