import { ActionIcon, Button, Group, MultiSelect, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, ifMatch, type Schema, type Tagged, tagged } from '~/api/client'
import { isProblem, Problem } from '~/api/problem'
import { Panel } from '~/part/Panel'
import { useProjects } from '~/part/projects'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { type Route, routeQuery, useQueueNames } from './api'
import { HoursField } from './HoursField'
import { allClosed, readHours } from './hours'
import style from './Project.module.css'
import { StepField } from './StepField'
import { readStep } from './step'
import { places, useWords } from './words'

interface Values extends Record<string, unknown> {
  name: string
  project: string
  numbers: string[]
  hours: string
  announce: string
  closed_announce: string
  open: string
  closed: string
  timeout: string
  no_agents: string
  failed: string
  keys: { key: string; step: string }[]
}

function valuesOf(route: Partial<Route>): Values {
  return {
    name: route.name ?? '',
    project: route.project ?? '',
    numbers: route.numbers ?? [],
    hours: route.hours ?? '',
    announce: route.announce ?? '',
    closed_announce: route.closed_announce ?? '',
    open: route.open ?? '',
    closed: route.closed ?? '',
    timeout: route.timeout ?? '',
    no_agents: route.no_agents ?? '',
    failed: route.failed ?? '',
    keys: Object.entries(route.keys ?? {}).map(([key, step]) => ({ key, step })),
  }
}

const keys = '1234567890*#'.split('')

interface Props {
  /** Without it a new one is made. */
  route?: Tagged<Route>
  /** Whose route a new one is at first. */
  project?: string | undefined
  disabled?: boolean
}

/** What a route does with a call, from the number to who does not wait any more. */
export function RouteForm({ route, project: of, disabled = false }: Props) {
  const { t } = useTranslation(['projects', 'common'])
  const session = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const projects = useProjects()
  const queues = useQueueNames()
  const say = useWords()
  const texts = session.may('switch', 'texts')
  const first = valuesOf(route?.value ?? { project: of ?? (session.projects.length > 0 ? (session.projects[0] ?? '') : '') })
  const step = (text: string) => {
    const { verb, target } = readStep(text)
    if (verb === '' || verb === 'continue' || target.trim() !== '') return null
    return verb === 'hangup' ? t('step.wrong.any') : t(`step.wrong.${verb}`)
  }
  const form = useForm<Values>({
    initialValues: first,
    validate: {
      name: (name) => (name.trim() === '' ? t('required') : null),
      hours: (hours) => (hours === allClosed ? t('hours.allClosed') : readHours(hours) ? null : t('hours.wrong')),
      open: step,
      closed: step,
      timeout: step,
      no_agents: step,
      failed: step,
      keys: { step: (text: string) => (text === '' ? t('required') : step(text)) },
    },
  })
  const save = useSave(
    form,
    async ({ name, keys: pairs, ...fields }) => {
      const body: Schema<'RouteFields'> = { ...fields, keys: Object.fromEntries(pairs.map(({ key, step: then }) => [key, then])) }
      const query = { name: name.trim() }
      try {
        return await tagged(
          client.PUT('/routes', {
            params: { query, header: route ? ifMatch(route.etag) : { 'If-None-Match': '*' as const } },
            body,
          }),
        )
      } catch (failure) {
        if (route || !isProblem(failure, 412)) throw failure
        throw new Problem(422, { errors: [{ location: 'name', message: t('route.exists') }] })
      }
    },
    {
      fields: places,
      say,
      onSaved: (saved) => {
        queries.setQueryData(routeQuery(saved.value.name).queryKey, saved)
        void queries.invalidateQueries({ queryKey: ['routes'], exact: true })
        notifications.show({ message: t('saved'), color: 'green' })
        if (!route) void navigate({ to: '/routes/edit', search: { name: saved.value.name }, replace: true, ignoreBlocker: true })
        const now = valuesOf(saved.value)
        form.setValues(now)
        form.resetDirty(now)
      },
    },
  )
  const reload = async () => {
    if (!route) return
    const fresh = await queries.fetchQuery({ ...routeQuery(route.value.name), staleTime: 0 })
    const [now, typed] = [valuesOf(fresh.value), form.getValues()]
    const mine = Object.entries(typed).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(first[key]))
    form.setValues({ ...now, ...Object.fromEntries(mine) })
    form.resetDirty(now)
  }
  const { values } = form
  const project = projects.find(({ id }) => id === values.project)
  const field = (name: 'open' | 'closed' | 'timeout' | 'no_agents' | 'failed') => ({
    value: values[name],
    onChange: (next: string) => {
      form.setFieldValue(name, next)
      form.clearFieldError(name)
    },
    error: form.errors[name],
    queues,
    texts,
    disabled,
  })
  const sound = (name: 'announce' | 'closed_announce') => (
    <TextInput
      label={t('route.announce')}
      description={t('route.announceAbout')}
      inputWrapperOrder={order}
      disabled={disabled || !texts}
      spellCheck={false}
      autoComplete="off"
      maw={420}
      {...form.getInputProps(name)}
    />
  )
  const free = keys.filter((key) => !values.keys.some((pair) => pair.key === key))
  const other = t('step.none.other')
  return (
    <form onSubmit={save.submit} noValidate>
      <Stack gap="md">
        {!texts && !disabled && (
          <Text size="sm" c="dimmed">
            {t('route.texts')}
          </Text>
        )}
        <Panel title={t('route.which')}>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
            <Select
              label={t('route.project')}
              disabled={disabled}
              allowDeselect={false}
              searchable={projects.length > 8}
              {...(values.project === '' && { description: t('route.defaultAbout') })}
              inputWrapperOrder={order}
              data={[
                ...(session.projects.length === 0 ? [{ value: '', label: t('routes.default') }] : []),
                ...(projects.length > 0 ? projects : session.projects.map((id) => ({ id, name: id }))).map(({ id, name }) => ({
                  value: id,
                  label: name,
                })),
              ]}
              value={values.project}
              error={form.errors.project}
              onChange={(id) => {
                form.setFieldValue('project', id ?? '')
                form.setFieldValue('numbers', [])
              }}
            />
            {!route && (
              <TextInput
                label={t('route.name')}
                description={t('route.nameAbout')}
                inputWrapperOrder={order}
                autoComplete="off"
                {...form.getInputProps('name')}
              />
            )}
            {values.project !== '' && (
              <MultiSelect
                label={t('route.numbers')}
                description={session.seesNumbers ? t('route.numbersAbout') : t('hidden')}
                inputWrapperOrder={order}
                disabled={disabled || !session.seesNumbers}
                data={[...new Set([...(session.seesNumbers ? (project?.numbers ?? []) : []), ...values.numbers])]}
                {...form.getInputProps('numbers')}
              />
            )}
          </SimpleGrid>
        </Panel>
        <Panel title={t('route.hours')} about={project?.zone ? t('route.hoursOf', { zone: project.zone }) : t('route.hoursAbout')}>
          <HoursField
            label=""
            value={values.hours}
            onChange={(hours) => {
              form.setFieldValue('hours', hours)
              form.clearFieldError('hours')
            }}
            error={form.errors.hours}
            disabled={disabled}
          />
        </Panel>
        <Panel title={values.hours === '' ? t('route.step') : t('route.open')}>
          <Stack gap="md">
            {sound('announce')}
            <StepField label={t('route.step')} none={values.project === '' ? other : t('step.none.open')} {...field('open')} />
          </Stack>
        </Panel>
        {values.hours !== '' && (
          <Panel title={t('route.closed')}>
            <Stack gap="md">
              {sound('closed_announce')}
              <StepField label={t('route.step')} none={other} {...field('closed')} />
            </Stack>
          </Panel>
        )}
        <Panel title={t('route.otherwise')} about={t('route.otherwiseAbout')}>
          <Stack gap="md">
            <StepField label={t('route.timeout')} none={other} {...field('timeout')} />
            <StepField label={t('route.noAgents')} none={other} {...field('no_agents')} />
            <StepField label={t('route.failed')} none={other} {...field('failed')} />
            <div>
              <Text size="sm" fw={500}>
                {t('route.keys')}
              </Text>
              {form.errors.keys && (
                <Text size="xs" c="var(--mantine-color-error)">
                  {form.errors.keys}
                </Text>
              )}
              <Stack gap="xs" mt={6}>
                {values.keys.map((pair, i) => (
                  <Group key={pair.key} gap="xs" align="flex-start" wrap="nowrap">
                    <Select
                      label={t('route.key')}
                      w={76}
                      disabled={disabled}
                      allowDeselect={false}
                      data={[pair.key, ...free].sort()}
                      value={pair.key}
                      onChange={(key) => key && form.setFieldValue(`keys.${i}.key`, key)}
                    />
                    <div className={style.grow}>
                      <StepField
                        label={t('route.step')}
                        none={other}
                        queues={queues}
                        texts={texts}
                        disabled={disabled}
                        value={pair.step}
                        onChange={(next) => {
                          form.setFieldValue(`keys.${i}.step`, next || 'continue')
                          form.clearFieldError(`keys.${i}.step`)
                        }}
                        error={form.errors[`keys.${i}.step`]}
                      />
                    </div>
                    {!disabled && (
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        size="lg"
                        mt={25}
                        aria-label={t('route.keyRemove', { key: pair.key })}
                        onClick={() => form.removeListItem('keys', i)}
                      >
                        <IconX size={16} />
                      </ActionIcon>
                    )}
                  </Group>
                ))}
                {!disabled && free.length > 0 && (
                  <Button
                    variant="default"
                    size="xs"
                    w="fit-content"
                    leftSection={<IconPlus size={14} />}
                    onClick={() => form.insertListItem('keys', { key: free[0] ?? '0', step: queues[0] ? `queue:${queues[0]}` : 'hangup' })}
                  >
                    {t('route.keyAdd')}
                  </Button>
                )}
              </Stack>
            </div>
          </Stack>
        </Panel>
      </Stack>
      {!disabled && (
        <div className={style.bar} data-dirty={form.isDirty() || undefined}>
          <SaveBar form={form} save={save} {...(!route && { action: t('route.create') })} onReload={() => void reload()} />
        </div>
      )}
    </form>
  )
}

const order: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']
