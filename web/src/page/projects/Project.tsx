import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Tagged } from '~/api/client'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { ProblemNote } from '~/part/ProblemNote'
import { RemoveButton } from '~/part/RemoveButton'
import { useSession } from '~/session/session'
import { type Project as Kept, projectQuery, routesQuery } from './api'
import style from './Project.module.css'
import { ProjectForm } from './ProjectForm'
import { RouteTable } from './RouteTable'
import { Trial } from './Trial'

/** One project: what it says, and where calls to its numbers go. */
export default function Project() {
  const { t } = useTranslation('projects')
  const { id } = useParams({ from: '/shell/projects/$id' })
  const project = useQuery(projectQuery(id))
  return (
    <div className={style.page}>
      <BackLink to="/projects">{t('title')}</BackLink>
      <Loaded query={project}>
        {(kept) => (
          <>
            <PageHead
              title={kept.value.name}
              about={
                <span className="tabular">
                  {t('column.id')} {kept.value.id}
                </span>
              }
            >
              <Remove project={kept} />
            </PageHead>
            <Stack gap="lg">
              <ProjectForm key={id} project={kept} />
              <Routes project={kept.value} />
            </Stack>
          </>
        )}
      </Loaded>
    </div>
  )
}

function Remove({ project }: { project: Tagged<Kept> }) {
  const { t } = useTranslation('projects')
  const session = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const confirm = useConfirm()
  const { id, name } = project.value
  const remove = useMutation({
    mutationFn: () => data(client.DELETE('/projects/{id}', { params: { path: { id }, header: ifMatch(project.etag) } })),
    onSuccess: async () => {
      await navigate({ to: '/projects', ignoreBlocker: true })
      queries.removeQueries({ queryKey: ['projects', id] })
      void queries.invalidateQueries({ queryKey: ['projects'] })
      void queries.invalidateQueries({ queryKey: ['routes'] })
      notifications.show({ message: t('remove.done') })
    },
  })
  if (!session.may('projects', 'edit') || session.projects.length > 0) return null
  const ask = async () => {
    if (await confirm({ title: t('remove.title', { name }), text: t('remove.text'), action: t('remove.action'), danger: true }))
      remove.mutate()
  }
  return (
    <>
      <RemoveButton loading={remove.isPending} onClick={() => void ask()}>
        {t('remove.action')}
      </RemoveButton>
      {remove.isError && <ProblemNote failure={remove.error} />}
    </>
  )
}

function Routes({ project }: { project: Kept }) {
  const { t } = useTranslation('projects')
  const session = useSession()
  const routes = useQuery({ ...routesQuery, enabled: session.may('routes', 'see') })
  if (!session.may('routes', 'see')) return null
  return (
    <>
      <section>
        <Group justify="space-between" align="flex-end" mb={6} gap="xs">
          <div>
            <Title order={2}>{t('section.routes')}</Title>
            <Text size="sm" c="dimmed">
              {t('section.routesAbout')}
            </Text>
          </div>
          {session.may('routes', 'change') && (
            <Button
              variant="default"
              leftSection={<IconPlus size={16} />}
              renderRoot={(props) => <Link to="/routes/edit" search={{ project: project.id }} {...props} />}
            >
              {t('routes.add')}
            </Button>
          )}
        </Group>
        <Loaded query={routes}>
          {(all) => <RouteTable routes={all.filter((route) => route.project === project.id)} of={project.id} />}
        </Loaded>
      </section>
      <Trial numbers={project.numbers} first={project.numbers[0]} />
    </>
  )
}
