import { Alert, Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconInfoCircle } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Tagged } from '~/api/client'
import { Ago } from '~/part/Ago'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { PageTabs } from '~/part/PageTabs'
import { ProblemNote } from '~/part/ProblemNote'
import { RemoveButton } from '~/part/RemoveButton'
import { useSession } from '~/session/session'
import { Access } from './Access'
import { Keys } from './Keys'
import { type User as Person, userQuery, usersQuery, useUserDeed } from './query'
import { Reach } from './Reach'
import { cover, coverProjects } from './rights'
import { tabs } from './routes'
import { SignIns } from './SignIns'
import { UserStatus } from './UserStatus'

/** One user: what he may, how he gets in, his keys, and who tried to be him. */
export default function User() {
  const { login } = useParams({ from: '/shell/users/of/$login' })
  const query = useQuery(userQuery(login))
  return (
    <>
      {!query.data && <PageHead title={login} />}
      <Loaded query={query}>{(user) => <Known key={login} user={user} />}</Loaded>
    </>
  )
}

function Known({ user }: { user: Tagged<Person> }) {
  const { t } = useTranslation('users')
  const { tab = 'rights' } = useSearch({ from: '/shell/users/of/$login' })
  const session = useSession()
  const { value } = user
  const mayEdit = session.may('users', 'edit')
  const covered = cover(session.rights, value.rights) && coverProjects(session.projects, value.projects)
  const may = mayEdit && covered
  return (
    <>
      <BackLink to="/users">{t('title')}</BackLink>
      <PageHead title={value.login}>{may && <Deeds user={user} self={value.login === session.login} />}</PageHead>
      <Group gap="sm" mb="md" mt={{ base: 0, sm: -8 }}>
        <UserStatus user={value} />
        <Text size="sm" c="dimmed">
          {value.signed_in_at ? (
            <>
              {t('signedInAt')} <Ago at={value.signed_in_at} />
            </>
          ) : (
            t('neverSignedIn')
          )}
        </Text>
      </Group>
      {!may && (
        <Alert color="gray" icon={<IconInfoCircle />} mb="md">
          {mayEdit ? t('hasMore') : t('onlySee')}
        </Alert>
      )}
      <PageTabs
        label={value.login}
        tabs={tabs.map((one) => ({
          to: '/users/of/$login',
          params: { login: value.login },
          search: { tab: one === 'rights' ? undefined : one },
          label: t(`tab.${one}`),
          current: tab === one,
        }))}
      />
      {tab === 'rights' && <Reach user={user} may={may} />}
      {tab === 'access' && <Access user={user} may={may} />}
      {tab === 'keys' && <Keys user={value} may={may} />}
      {tab === 'signins' && <SignIns login={value.login} />}
    </>
  )
}

/** Locks a user out, lets him in again, removes him. */
function Deeds({ user, self }: { user: Tagged<Person>; self: boolean }) {
  const { t } = useTranslation('users')
  const confirm = useConfirm()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const deed = useUserDeed(user)
  const { login, status } = user.value
  const disable = async () => {
    const question = { title: t('disable.title', { login }), text: t('disable.text'), action: t('disable.action'), danger: true }
    if (await confirm(question)) deed.mutate({ edit: { status: 'inactive' }, told: t('disable.done', { login }) })
  }
  const remove = async () => {
    const question = { title: t('delete.title', { login }), text: t('delete.text'), action: t('delete.action'), danger: true }
    if (!(await confirm(question))) return
    try {
      await data(client.DELETE('/users/{login}', { params: { path: { login }, header: ifMatch(user.etag) } }))
    } catch (failure) {
      notifications.show({ message: <ProblemNote failure={failure} />, autoClose: false })
      return
    }
    notifications.show({ message: t('delete.done', { login }) })
    await navigate({ to: '/users' })
    queries.removeQueries({ queryKey: userQuery(login).queryKey })
    void queries.invalidateQueries({ queryKey: usersQuery.queryKey })
  }
  if (self) return null // who locks himself out cannot undo it
  return (
    <>
      {deed.isError && <ProblemNote failure={deed.error} />}
      {status === 'active' ? (
        <Button variant="default" loading={deed.isPending} onClick={() => void disable()}>
          {t('disable.action')}
        </Button>
      ) : (
        <Button loading={deed.isPending} onClick={() => deed.mutate({ edit: { status: 'active' }, told: t('enabled', { login }) })}>
          {t('enable')}
        </Button>
      )}
      <RemoveButton onClick={() => void remove()}>{t('delete.action')}</RemoveButton>
    </>
  )
}
