import { Button, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconSearch, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { useProjects } from '~/part/projects'
import { useSession } from '~/session/session'
import { type Project, type Route, routesQuery } from './api'
import { RouteTable } from './RouteTable'
import { Trial } from './Trial'

/** All routes, and where a call would go by them. */
export default function RouteList() {
  const { t } = useTranslation(['projects', 'common'])
  const session = useSession()
  const { q } = useSearch({ from: '/shell/routes' })
  const navigate = useNavigate()
  const projects = useProjects()
  const routes = useQuery(routesQuery)
  const search = (text: string) => void navigate({ to: '/routes', search: { q: text || undefined }, replace: true })
  return (
    <>
      <PageHead title={t('routes.title')} about={t('routes.about')}>
        {session.may('routes', 'change') && (
          <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/routes/edit" {...props} />}>
            {t('routes.add')}
          </Button>
        )}
      </PageHead>
      <Stack gap="md">
        <Trial numbers={projects.flatMap(({ numbers }) => numbers)} />
        <div>
          <FilterBar {...(q && { onReset: () => search('') })}>
            <TextInput
              type="search"
              aria-label={t('search')}
              placeholder={t('search')}
              leftSection={<IconSearch size={16} aria-hidden />}
              value={q ?? ''}
              onChange={(event) => search(event.currentTarget.value)}
              w={320}
              maw="100%"
            />
          </FilterBar>
          <Loaded query={routes}>
            {(all) => (
              <RouteTable
                routes={q ? all.filter((route) => fits(route, projects, q)) : all}
                {...(q && all.length > 0 && { empty: <Empty icon={IconSearchOff} title={t('notFound')} text={t('notFoundText')} /> })}
              />
            )}
          </Loaded>
        </div>
      </Stack>
    </>
  )
}

function fits(route: Route, projects: readonly Project[], q: string): boolean {
  const text = q.toLowerCase()
  const digits = q.replace(/\D/g, '')
  const project = projects.find(({ id }) => id === route.project)?.name ?? ''
  return (
    [route.name, route.project ?? '', project, route.open ?? '', route.closed ?? ''].some((one) => one.toLowerCase().includes(text)) ||
    (digits.length > 1 && (route.numbers ?? []).some((one) => one.includes(digits)))
  )
}
