import { Alert, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { BackLink } from '~/part/BackLink'
import { Forbidden } from '~/part/Forbidden'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { useProjects } from '~/part/projects'
import { useSession } from '~/session/session'
import { isHidden, type Route as Kept, routeQuery } from './api'
import style from './Project.module.css'
import { RemoveRoute } from './RemoveRoute'
import { RouteForm } from './RouteForm'
import { Trial } from './Trial'

/** One route, or a new one. */
export default function Route() {
  const { t } = useTranslation('projects')
  const search = useSearch({ from: '/shell/routes/edit' })
  return (
    <div className={style.page}>
      <BackLink to="/routes">{t('routes.title')}</BackLink>
      {search.name === undefined ? (
        <New key={search.project ?? ''} project={search.project} />
      ) : (
        <One key={search.name} name={search.name} />
      )}
    </div>
  )
}

function New({ project }: { project: string | undefined }) {
  const { t } = useTranslation('projects')
  const session = useSession()
  if (!session.may('routes', 'change')) return <Forbidden rights={['routes/change']} />
  return (
    <>
      <PageHead title={t('route.new')} about={t('routes.about')} />
      <RouteForm project={project} />
    </>
  )
}

function One({ name }: { name: string }) {
  const { t } = useTranslation('projects')
  const session = useSession()
  const route = useQuery(routeQuery(name))
  const projects = useProjects()
  return (
    <Loaded query={route}>
      {(kept) => {
        const project = projects.find(({ id }) => id === kept.value.project)
        const why = !session.may('routes', 'change') ? t('route.readOnly') : hides(kept.value) ? t('route.blind') : undefined
        return (
          <>
            <PageHead title={kept.value.name} about={kept.value.project ? (project?.name ?? kept.value.project) : t('route.defaultAbout')}>
              {session.may('routes', 'change') && <RemoveRoute route={kept} />}
            </PageHead>
            <Stack gap="lg">
              {why && <Alert>{why}</Alert>}
              <RouteForm route={kept} disabled={why !== undefined} />
              <Trial numbers={kept.value.numbers?.length ? kept.value.numbers : (project?.numbers ?? [])} first={kept.value.numbers?.[0]} />
            </Stack>
          </>
        )
      }}
    </Loaded>
  )
}

/** Whether something of a route is hidden from who sees it: sent back, it would be lost. */
const hides = ({ numbers, keys, ...texts }: Kept) =>
  [...(numbers ?? []), ...Object.values(keys ?? {}), ...Object.values(texts)].some((text) => isHidden(text))
