import { Alert, Button, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Schema, type Tagged, tagged } from '~/api/client'
import { queries } from '~/api/query'
import { statuses } from '~/part/activity'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { Loaded } from '~/part/Loaded'
import { Name } from '~/part/Name'
import { PageHead } from '~/part/PageHead'
import { Panel } from '~/part/Panel'
import { RemoveButton } from '~/part/RemoveButton'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { useAct } from './act'
import { useLive } from './data'
import { type DefinitionValues, empty, merge, paramsOf, valuesOf } from './definition'
import { executed, flags, seconds, strategies, timeBases } from './queue'
import { statusKey } from './status'

const route = getRouteApi('/shell/queues/definition')

/** One queue as it is defined here; a new one without a name in the address. */
export default function Definition() {
  const { t } = useTranslation('centre')
  const { name, hostname = '' } = route.useSearch()
  // Here, as the first saving leads from a new one to the one that there is.
  const [saved, setSaved] = useState('')
  const key = `${hostname}|${name}`
  const onSaved = (hostname: string, name: string) => setSaved(`${hostname}|${name}`)
  if (name === undefined) {
    return (
      <>
        <BackLink to="/queues/definitions">{t('definitions.title')}</BackLink>
        <PageHead title={t('definition.new')} about={t('definitions.about')} />
        <Form saved={false} onSaved={onSaved} />
      </>
    )
  }
  return <Known key={key} name={name} hostname={hostname} saved={saved === key} onSaved={onSaved} />
}

interface Saving {
  /** It was just now, and a queue that runs does not know of it. */
  saved: boolean
  onSaved: (hostname: string, name: string) => void
}

const keyOf = (hostname: string, name: string) => ['centre', 'definition', hostname, name]
const queryOf = (hostname: string, name: string) => ({ name, ...(hostname && { hostname }) })

function Known({ name, hostname, ...saving }: { name: string; hostname: string } & Saving) {
  const { t } = useTranslation('centre')
  const session = useSession()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const { act, busy } = useAct()
  const query = useQuery({
    queryKey: keyOf(hostname, name),
    queryFn: () => tagged(client.GET('/queue-definition', { params: { query: queryOf(hostname, name) } })),
  })
  const remove = async () => {
    const sure = await confirm({
      title: t('definition.removeTitle', { name }),
      text: t('definition.removeText'),
      action: t('definition.remove'),
      danger: true,
    })
    if (!sure) return
    const done = await act(
      'remove',
      async () => {
        const params = { query: queryOf(hostname, name), header: ifMatch(query.data?.etag ?? '') }
        await data(client.DELETE('/queue-definition', { params }))
      },
      t('definition.removed', { name }),
    )
    if (!done) return
    await navigate({ to: '/queues/definitions' })
    queries.removeQueries({ queryKey: keyOf(hostname, name) })
    void queries.invalidateQueries({ queryKey: ['centre', 'definitions'] })
  }
  return (
    <>
      <BackLink to="/queues/definitions">{t('definitions.title')}</BackLink>
      <PageHead title={<Name of={name} />} about={hostname ? t('definition.for', { hostname }) : t('definition.forAll')}>
        {session.may('queues', 'change') && query.data && (
          <RemoveButton loading={busy === 'remove'} onClick={() => void remove()}>
            {t('definition.remove')}
          </RemoveButton>
        )}
      </PageHead>
      <Loaded query={query}>{(found) => <Form found={found} {...saving} />}</Loaded>
    </>
  )
}

function Form({ found, saved, onSaved }: { found?: Tagged<Schema<'QueueDefinition'>> } & Saving) {
  const { t } = useTranslation(['centre', 'common'])
  const session = useSession()
  const navigate = useNavigate()
  const change = session.may('queues', 'change')
  const texts = session.may('switch', 'texts')
  const [etag, setETag] = useState(found?.etag)
  const form = useForm<DefinitionValues>({
    initialValues: found ? valuesOf(found.value) : empty,
    validate: { name: (name) => (name.trim() ? null : t('field.wanted')) },
  })
  const save = useSave(
    form,
    async (values) => {
      const [name, hostname] = [values.name.trim(), values.hostname.trim()]
      const header = etag === undefined ? { 'If-None-Match': '*' as const } : ifMatch(etag)
      await data(client.PUT('/queue-definition', { params: { query: queryOf(hostname, name), header }, body: paramsOf(values) }))
      await queries.invalidateQueries({ queryKey: ['centre', 'definitions'] })
      return queries.fetchQuery({
        queryKey: keyOf(hostname, name),
        staleTime: 0,
        queryFn: () => tagged(client.GET('/queue-definition', { params: { query: queryOf(hostname, name) } })),
      })
    },
    {
      fields: Object.fromEntries(Object.keys(empty.params).map((key) => [key, `params.${key}`])),
      onSaved: (now, values) => {
        setETag(now.etag)
        onSaved(values.hostname.trim(), values.name.trim())
        if (!found) {
          void navigate({
            to: '/queues/definition',
            search: { name: values.name.trim(), hostname: values.hostname.trim() || undefined },
            replace: true,
            ignoreBlocker: true,
          })
        }
      },
    },
  )
  const reload = async () => {
    if (!found) return
    const { name, hostname } = found.value
    const now = await queries.fetchQuery({
      queryKey: keyOf(hostname, name),
      staleTime: 0,
      queryFn: () => tagged(client.GET('/queue-definition', { params: { query: queryOf(hostname, name) } })),
    })
    const [typed, before] = [form.getValues(), form.getInitialValues()]
    form.setInitialValues(valuesOf(now.value))
    form.setValues(merge(valuesOf(now.value), typed, before))
    setETag(now.etag)
  }
  const no = t('param.default')
  const choice = (key: keyof DefinitionValues['params'], options: { value: string; label: string }[]) => (
    <Select
      key={key}
      label={t(`param.${key}.label`)}
      description={t(`param.${key}.about`)}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      placeholder={no}
      data={options}
      clearable
      disabled={!change}
      {...form.getInputProps(`params.${key}`)}
      value={String(form.values.params[key]) || null}
      onChange={(value) => form.setFieldValue(`params.${key}`, value ?? '')}
    />
  )
  return (
    <form onSubmit={save.submit}>
      <Stack gap="md">
        {saved && <Next name={form.values.name} />}
        <Panel title={t('definition.what')}>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
            {!found && (
              <>
                <TextInput
                  label={t('queue.name')}
                  description={t('definition.nameAbout')}
                  inputWrapperOrder={['label', 'input', 'description', 'error']}
                  placeholder="sales@default"
                  withAsterisk
                  {...form.getInputProps('name')}
                />
                <TextInput
                  label={t('definition.hostname.label')}
                  description={t('definition.hostname.about')}
                  inputWrapperOrder={['label', 'input', 'description', 'error']}
                  placeholder={t('definition.everyHost')}
                  {...form.getInputProps('hostname')}
                />
              </>
            )}
            {choice(
              'strategy',
              strategies.map((value) => ({ value, label: t(`strategy.${value}`) })),
            )}
            {choice(
              'time_base_score',
              timeBases.map((value) => ({ value, label: t(`timeBase.${value}`) })),
            )}
            {choice(
              'agent_no_answer_status',
              statuses.map((value) => ({ value, label: t(`status.${statusKey[value]}`) })),
            )}
          </SimpleGrid>
        </Panel>
        <Panel title={t('definition.times')}>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
            {seconds.map((key) => (
              <NumberInput
                key={key}
                label={t(`param.${key}.label`)}
                description={t(`param.${key}.about`)}
                inputWrapperOrder={['label', 'input', 'description', 'error']}
                placeholder={no}
                suffix={` ${t('second')}`}
                min={0}
                max={86_400}
                allowDecimal={false}
                disabled={!change}
                {...form.getInputProps(`params.${key}`)}
              />
            ))}
          </SimpleGrid>
        </Panel>
        <Panel title={t('definition.rules')}>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
            {flags.map((key) =>
              choice(key, [
                { value: 'true', label: t('yes') },
                { value: 'false', label: t('no') },
              ]),
            )}
          </SimpleGrid>
        </Panel>
        <Panel title={t('definition.sounds')} about={texts ? undefined : t('field.textsRight')}>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
            {executed.map((key) => (
              <TextInput
                key={key}
                label={t(`param.${key}.label`)}
                description={t(`param.${key}.about`)}
                inputWrapperOrder={['label', 'input', 'description', 'error']}
                placeholder={no}
                disabled={!change || !texts}
                {...form.getInputProps(`params.${key}`)}
              />
            ))}
          </SimpleGrid>
        </Panel>
      </Stack>
      {change && <SaveBar form={form} save={save} onReload={() => void reload()} {...(!found && { action: t('definitions.add') })} />}
    </form>
  )
}

/** What is left to do: a definition alone changes nothing that runs. */
function Next({ name }: { name: string }) {
  const { t } = useTranslation('centre')
  const session = useSession()
  const confirm = useConfirm()
  const { act, busy } = useAct()
  const running = useLive('queues').find((queue) => queue.name === name)
  const load = async () => {
    const sure = await confirm({ title: t('load.titleOf', { name }), text: t('load.warning'), action: t('load.action') })
    if (!sure) return
    const path = running ? '/queues/reload' : '/queues/load'
    const query = { name, confirm: true, ...(running && { switch: running.switch }) }
    await act('load', () => data(client.POST(path, { params: { query } })), t('load.done', { name }))
  }
  return (
    <Alert role="status" color="blue" icon={<IconInfoCircle />} title={t('definition.saved')}>
      <Stack gap="xs" align="flex-start">
        {running ? t('definition.nextReload') : t('definition.nextLoad')}
        {session.projects.length === 0 ? (
          <Button size="xs" variant="default" loading={busy === 'load'} onClick={() => void load()}>
            {running ? t('reload.action') : t('load.action')}
          </Button>
        ) : (
          running && (
            <Link to="/queues/$switch/$name" params={running}>
              {name}
            </Link>
          )
        )}
      </Stack>
    </Alert>
  )
}
