import { Button, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { Ago, When } from '~/part/Ago'
import { useConfirm } from '~/part/Confirm'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'
import { projectLabel, useProjectNames } from '~/part/projects'
import { StatusBadge } from '~/part/StatusBadge'
import { KeyDialog } from './KeyDialog'
import { keysQuery, type User } from './query'
import { everything } from './rights'

type Key = Schema<'Key'>

const over = ({ expires_at }: Key) => expires_at !== undefined && new Date(expires_at) <= new Date()

/** The keys with which programs act in a user's name. */
export function Keys({ user, may }: { user: User; may: boolean }) {
  const { t } = useTranslation(['users', 'account'])
  const { login } = user
  const confirm = useConfirm()
  const queries = useQueryClient()
  const projects = useProjectNames()
  const query = useQuery(keysQuery(login))
  const [opened, setOpened] = useState(false)
  const [dialogs, setDialogs] = useState(0)
  const end = useMutation({
    mutationFn: ({ id }: Key) => data(client.DELETE('/users/{login}/keys/{id}', { params: { path: { login, id } } })),
    onSuccess: (_, { name }) => notifications.show({ message: t('keys.ended', { name }) }),
    onSettled: () => queries.invalidateQueries({ queryKey: keysQuery(login).queryKey }),
  })
  const ask = async (key: Key) => {
    const question = {
      title: t('account:keys.endTitle', { name: key.name }),
      text: t('account:keys.endText'),
      action: t('account:keys.end'),
      danger: true,
    }
    if (await confirm(question)) end.mutate(key)
  }
  const columns: readonly Column<Key>[] = [
    {
      key: 'name',
      head: t('account:keys.name'),
      phone: 'title',
      sort: ({ name }) => name,
      cell: ({ name }) => (
        <Text size="sm" fw={600}>
          {name}
        </Text>
      ),
    },
    {
      key: 'rights',
      head: t('rights'),
      cell: ({ rights }) =>
        rights.includes(everything) ? (
          t('keys.likeUser')
        ) : (
          <span title={rights.join(', ')}>{t('rightCount', { count: rights.length })}</span>
        ),
    },
    {
      key: 'projects',
      head: t('projects.title'),
      cell: (key) => (key.projects.length === 0 ? t('keys.userProjects') : key.projects.map((id) => projectLabel(projects, id)).join(', ')),
    },
    {
      key: 'networks',
      head: t('account:keys.networks'),
      cell: ({ networks }) =>
        networks.length === 0 ? t('account:keys.anywhere') : networks.map((network) => network.replace(/\/32$/, '')).join(', '),
    },
    {
      key: 'expires',
      head: t('keys.expires'),
      sort: ({ expires_at = '~' }) => expires_at,
      cell: (key) =>
        over(key) ? (
          <StatusBadge tone="off">{t('keys.over')}</StatusBadge>
        ) : key.expires_at ? (
          <When at={key.expires_at} />
        ) : (
          t('keys.forever')
        ),
    },
    {
      key: 'used',
      head: t('keys.used'),
      sort: ({ used_at = '' }) => used_at,
      cell: ({ used_at }) => (used_at ? <Ago at={used_at} /> : t('never')),
    },
    ...(may
      ? [
          {
            key: 'end',
            head: '',
            align: 'end' as const,
            cell: (key: Key) => (
              <Button size="compact-sm" variant="subtle" color="red" onClick={() => void ask(key)}>
                {t('account:keys.end')}
              </Button>
            ),
          },
        ]
      : []),
  ]
  const make = (
    <Button
      leftSection={<IconPlus size={16} />}
      onClick={() => {
        setDialogs(dialogs + 1)
        setOpened(true)
      }}
    >
      {t('keys.make')}
    </Button>
  )
  return (
    <Panel title={t('tab.keys')} about={t('keys.about')} actions={may && (query.data?.length ?? 0) > 0 && make}>
      {end.isError && <ProblemNote failure={end.error} />}
      <Loaded query={query}>
        {(keys) => (
          <DataTable
            label={t('tab.keys')}
            columns={columns}
            rows={keys}
            id={({ id }) => String(id)}
            sort={{ by: 'name', desc: false }}
            empty={
              <Empty icon={IconKey} title={t('keys.none')} text={t('keys.noneAbout')}>
                {may && make}
              </Empty>
            }
          />
        )}
      </Loaded>
      {may && dialogs > 0 && <KeyDialog key={dialogs} user={user} opened={opened} onClose={() => setOpened(false)} />}
    </Panel>
  )
}
