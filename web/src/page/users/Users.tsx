import { Badge, Button, Group, SegmentedControl, Text, TextInput } from '@mantine/core'
import { IconSearch, IconUserPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Ago } from '~/part/Ago'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { projectLabel, useProjectNames } from '~/part/projects'
import { useSession } from '~/session/session'
import { type User, usersQuery } from './query'
import { allows, everything } from './rights'
import type { StatusFilter } from './routes'
import { UserStatus } from './UserStatus'

const notDeleted = 'present'

export default function Users() {
  const { t } = useTranslation('users')
  const session = useSession()
  const query = useQuery(usersQuery)
  return (
    <>
      <PageHead title={t('title')} about={t('about')}>
        {session.may('users', 'edit') && (
          <Button leftSection={<IconUserPlus size={16} />} renderRoot={(props) => <Link to="/users/new" {...props} />}>
            {t('add')}
          </Button>
        )}
      </PageHead>
      <Loaded query={query}>{(users) => <List users={users} />}</Loaded>
    </>
  )
}

function List({ users }: { users: User[] }) {
  const { t } = useTranslation('users')
  const search = useSearch({ from: '/shell/users' })
  const navigate = useNavigate({ from: '/users' })
  const session = useSession()
  const projects = useProjectNames()
  const go = (change: Partial<typeof search>) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const of = (status: StatusFilter | undefined) =>
    users.filter((user) => status === 'all' || (status ? user.status === status : user.status !== 'deleted'))
  const wanted = (search.find ?? '').trim().toLowerCase()
  const rows = of(search.status).filter((user) => user.login.toLowerCase().includes(wanted))
  const columns: readonly Column<User>[] = [
    {
      key: 'login',
      head: t('login'),
      phone: 'title',
      sort: ({ login }) => login,
      cell: ({ login, status }) => (
        <Group gap={8}>
          {status === 'deleted' ? (
            <Text size="sm" c="dimmed">
              {login}
            </Text>
          ) : (
            <Text
              size="sm"
              fw={600}
              renderRoot={(props) => <Link to="/users/of/$login" params={{ login }} {...props} />}
              c="var(--mantine-color-anchor)"
            >
              {login}
            </Text>
          )}
          {login === session.login && (
            <Badge variant="light" color="gray" tt="none" fw={500}>
              {t('you')}
            </Badge>
          )}
        </Group>
      ),
    },
    { key: 'status', head: t('status.label'), sort: ({ status }) => status, cell: (user) => <UserStatus user={user} />, width: 170 },
    { key: 'rights', head: t('rights'), sort: ({ rights }) => rights.length, cell: (user) => <Rights user={user} />, width: 260 },
    {
      key: 'projects',
      head: t('projects.title'),
      cell: (user) => (user.projects.length === 0 ? t('projects.all') : user.projects.map((id) => projectLabel(projects, id)).join(', ')),
    },
    {
      key: 'signedIn',
      head: t('signedIn'),
      sort: ({ signed_in_at = '' }) => signed_in_at,
      cell: ({ signed_in_at }) => (signed_in_at ? <Ago at={signed_in_at} /> : t('never')),
      width: 160,
      align: 'end',
    },
  ]
  return (
    <>
      <FilterBar onReset={search.find || search.status ? () => go({ find: undefined, status: undefined }) : undefined}>
        <TextInput
          label={t('find')}
          type="search"
          leftSection={<IconSearch size={16} />}
          value={search.find ?? ''}
          onChange={(event) => go({ find: event.currentTarget.value || undefined })}
          w={{ base: '100%', xs: 260 }}
        />
        <SegmentedControl
          data-whole
          size="xs"
          styles={{ label: { paddingBlock: 7 } }}
          aria-label={t('status.label')}
          value={search.status ?? notDeleted}
          onChange={(value) => go({ status: value === notDeleted ? undefined : (value as StatusFilter) })}
          data={[
            { value: notDeleted, label: t('show.present', { count: of(undefined).length }) },
            { value: 'active', label: t('show.active', { count: of('active').length }) },
            { value: 'inactive', label: t('show.inactive', { count: of('inactive').length }) },
            { value: 'deleted', label: t('show.deleted', { count: of('deleted').length }) },
          ]}
        />
      </FilterBar>
      {search.status === 'deleted' && rows.length > 0 && (
        <Text size="sm" c="dimmed" mb="sm">
          {t('deletedAbout')}
        </Text>
      )}
      <DataTable
        label={t('title')}
        columns={columns}
        rows={rows}
        id={({ login, revision, status }) => `${login} ${status} ${revision}`}
        sort={{ by: 'login', desc: false }}
        empty={<Empty title={wanted ? t('nobodyFound') : t('nobody')} text={wanted ? undefined : t('nobodyAbout')} />}
        onRow={({ login, status }) => status !== 'deleted' && void navigate({ to: '/users/of/$login', params: { login } })}
      />
    </>
  )
}

/** What somebody may, in a word, and what of it is about people's data. */
function Rights({ user: { rights } }: { user: User }) {
  const { t } = useTranslation('users')
  if (rights.includes(everything)) return <Text size="sm">{t('allRights')}</Text>
  return (
    <Group gap={6} justify="flex-start" component="span">
      <Text size="sm" component="span">
        {rights.length === 0 ? t('noRights') : t('rightCount', { count: rights.length })}
      </Text>
      {allows(rights, 'numbers', 'see') && <Mark>{t('marks.numbers')}</Mark>}
      {allows(rights, 'recordings', 'listen') && <Mark>{t('marks.recordings')}</Mark>}
    </Group>
  )
}

const Mark = ({ children }: { children: string }) => (
  <Badge variant="default" tt="none" fw={400}>
    {children}
  </Badge>
)
