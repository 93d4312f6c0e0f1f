import { Alert, Button, SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconCircleCheck, IconHistory, IconInfoCircle, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { ProblemNote } from '~/part/ProblemNote'
import { projectLabel, useProjectNames } from '~/part/projects'
import { useSession } from '~/session/session'
import { useWording } from '~/text/wording'
import { Answer } from './Answer'
import { matching, type Shown } from './filter'
import { ModuleCard } from './ModuleCard'
import style from './ModuleCard.module.css'
import { modulesQuery, useOrders } from './query'
import type { Show } from './routes'
import { type Asked, SwitchDialog } from './SwitchDialog'
import type { Module } from './state'

const everybody = 'all'

export default function Modules() {
  const { t } = useTranslation('modules')
  const query = useQuery(modulesQuery)
  return (
    <>
      <PageHead title={t('title')} about={t('about')}>
        <Button variant="default" leftSection={<IconHistory size={16} />} renderRoot={(props) => <Link to="/modules/history" {...props} />}>
          {t('history.title')}
        </Button>
      </PageHead>
      <Loaded query={query}>{(modules) => <Catalogue modules={modules} />}</Loaded>
    </>
  )
}

function Catalogue({ modules }: { modules: Module[] }) {
  const { t } = useTranslation('modules')
  const search = useSearch({ from: '/shell/modules' })
  const navigate = useNavigate({ from: '/modules' })
  const session = useSession()
  const projects = useProjectNames()
  const wording = useWording()
  const [asked, setAsked] = useState<Asked>()
  const [opened, setOpened] = useState(false)
  const orders = useOrders()
  // Who is limited to projects has nothing to switch for all.
  const project = search.project === everybody ? '' : (search.project ?? session.projects[0] ?? '')
  const filter = { project, find: search.find ?? '', show: search.show, wording }
  const shown = modules.flatMap((module) => matching(module, filter))
  const count = (show: Show) => modules.flatMap((module) => matching(module, { ...filter, show })).reduce((sum, one) => sum + one.found, 0)
  const go = (change: Partial<typeof search>) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const ask = (what: Asked) => {
    setAsked(what)
    setOpened(true)
  }
  const may = session.may('modules', 'edit') && (project !== '' || session.projects.length === 0)
  const filtered = Boolean(search.find || search.show)
  const card = (one: Shown, said?: string) => (
    <ModuleCard
      key={one.module.module}
      shown={one}
      project={project}
      projects={projects}
      may={may}
      filtered={filtered}
      said={said}
      busy={orders.isPending ? orders.variables?.target : undefined}
      onAsk={ask}
      onOrder={orders.mutate}
    />
  )
  const documented = shown.filter(({ module }) => isDocumented(module))
  const others = shown.filter(({ module }) => !isDocumented(module))
  const modern = modules.find((module) => !isDocumented(module))?.actions[0]
  const usual = modern && wording(modern.off)
  return (
    <>
      <FilterBar onReset={filtered ? () => go({ find: undefined, show: undefined }) : undefined}>
        {projects.length > 0 && (
          <Select
            label={t('scope')}
            data={[
              { value: everybody, label: t('forAll') },
              ...projects.map(({ id }) => ({ value: id, label: projectLabel(projects, id) })),
            ]}
            value={project || everybody}
            onChange={(value) => go({ project: value ?? undefined })}
            allowDeselect={false}
            checkIconPosition="right"
            searchable={projects.length > 8}
            w={{ base: '100%', xs: 280 }}
          />
        )}
        <TextInput
          label={t('find')}
          type="search"
          leftSection={<IconSearch size={16} />}
          defaultValue={search.find ?? ''}
          key={search.find === undefined ? 'none' : 'some'}
          autoFocus={search.find !== undefined}
          onChange={(event) => go({ find: event.currentTarget.value || undefined })}
          w={{ base: '100%', xs: 240 }}
        />
        <SegmentedControl
          data-whole
          aria-label={t('show.label')}
          value={search.show ?? everybody}
          onChange={(value) => go({ show: value === everybody ? undefined : (value as Show) })}
          data={[
            { value: everybody, label: t('show.all') },
            { value: 'off', label: t('show.off', { count: count('off') }) },
            { value: 'planned', label: t('show.planned', { count: count('planned') }) },
          ]}
        />
      </FilterBar>
      <Stack gap="sm">
        {orders.isError && <ProblemNote failure={orders.error} />}
        {!may && (
          <Alert color="gray" icon={<IconInfoCircle />}>
            {session.may('modules', 'edit') ? t('onlyProjects') : t('onlySee')}
          </Alert>
        )}
        {project !== '' && (
          <Alert color="blue" icon={<IconInfoCircle />}>
            {t('projectAbout', { project: projectLabel(projects, project) })}
          </Alert>
        )}
        {shown.length === 0 && (
          <Empty
            icon={IconCircleCheck}
            title={search.find ? t('nothing.found') : search.show === 'off' ? t('nothing.off') : t('nothing.planned')}
            text={search.find ? undefined : search.show === 'off' ? t('nothing.offAbout') : t('nothing.plannedAbout')}
          />
        )}
        {documented.map((one) => card(one))}
        {others.length > 0 && (
          <>
            <div>
              <Title order={2} mt="md">
                {t('others')}
              </Title>
              <Text c="dimmed" size="sm" maw="90ch">
                {t('othersAbout')} {usual && <Answer text={usual} />}
              </Text>
            </div>
            <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm" className={style.others}>
              {others.map((one) => card(one, usual))}
            </SimpleGrid>
          </>
        )}
      </Stack>
      {asked && (
        <SwitchDialog
          key={JSON.stringify(asked.target) + asked.at}
          asked={asked}
          opened={opened}
          projects={projects}
          onClose={() => setOpened(false)}
        />
      )}
    </>
  )
}

const isDocumented = (module: Module) => module.actions.some((action) => action.documented)
