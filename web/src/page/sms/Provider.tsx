import {
  Alert,
  Anchor,
  Box,
  Button,
  Code,
  CopyButton,
  Grid,
  Group,
  NumberInput,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { IconCheck, IconCopy, IconInfoCircle, IconPencil } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Schema, type Tagged, tagged } from '~/api/client'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { Failed } from '~/part/Failed'
import { Loaded } from '~/part/Loaded'
import { Loading } from '~/part/Loading'
import { PageHead } from '~/part/PageHead'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'
import { RemoveButton } from '~/part/RemoveButton'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { DescriptionForm } from './DescriptionForm'
import { blank, type Description, type Need } from './description'
import { nameForm } from './names'
import { useNeedTitle } from './needs'
import { Preview } from './Preview'
import { ProviderChoice } from './ProviderChoice'
import { usePresets } from './queries'
import { SmppForm } from './SmppForm'
import type { Smpp } from './smpp'
import { TestMessage } from './TestMessage'

const route = getRouteApi('/shell/sms/providers/edit')

type Known = Tagged<Schema<'Provider'>>

export default function Provider() {
  const { name, kind, preset } = route.useSearch()
  const presets = usePresets()
  const query = useQuery({
    queryKey: ['sms', 'provider', name],
    queryFn: () => tagged(client.GET('/sms/providers/{name}', { params: { path: { name: name ?? '' } } })),
    enabled: name !== undefined,
    staleTime: Number.POSITIVE_INFINITY, // what is typed is about what was read
    gcTime: 0,
  })
  if (name === undefined && kind === undefined) return <ProviderChoice />
  if (presets.isError) return <Failed failure={presets.error} onRetry={() => void presets.refetch()} />
  if (!presets.data) return <Loading />
  if (name === undefined) {
    const of = kind === 'http' && preset && presets.data.some((one) => one.name === preset) ? preset : ''
    return <Form key={`${kind} ${of}`} presets={presets.data} kind={kind ?? 'http'} preset={of} known={undefined} reload={undefined} />
  }
  return (
    <Loaded query={query}>
      {(known) => (
        <Form
          key={known.etag}
          presets={presets.data}
          kind={known.value.kind}
          preset={known.value.preset ?? ''}
          known={known}
          reload={() => void query.refetch()}
        />
      )}
    </Loaded>
  )
}

interface Props {
  presets: readonly Schema<'Preset'>[]
  kind: Schema<'Provider'>['kind']
  preset: string
  known: Known | undefined
  reload: (() => void) | undefined
}

const smppNeeds: readonly Need[] = [{ name: 'password', title: '', secret: true, optional: true }]

function Form({ presets, kind, preset, known, reload }: Props) {
  const { t } = useTranslation(['sms', 'common'])
  const navigate = useNavigate()
  const confirm = useConfirm()
  const queryClient = useQueryClient()
  const [fault, setFault] = useState('')
  const old = known?.value
  const form = useForm({
    initialValues: {
      name: old?.name ?? (preset || (kind === 'log' ? 'log' : '')),
      preset,
      description: (old?.description ?? (kind === 'http' && !preset ? { ...blank, title: t('providers.ownTitle') } : {})) as Description,
      values: { ...old?.values } as Record<string, string>,
      per_second: old?.per_second ?? (presets.find(({ name }) => name === preset)?.per_second || ''),
      at_once: old?.at_once || '',
    } as Values,
    validate: {
      name: (name) => (known || nameForm.test(name) ? null : t('wrong.name')),
      description: () => (fault ? t('wrong.json') : null),
    },
  })
  const { values } = form
  const chosen = presets.find(({ name }) => name === values.preset)
  const own = kind === 'http' && !chosen
  const needTitle = useNeedTitle()
  const worded = chosen?.needs?.map((need) => ({ ...need, title: needTitle(need.title) }))
  const needs: readonly Need[] = kind === 'smpp' ? smppNeeds : kind === 'log' ? [] : (worded ?? values.description.needs ?? [])
  // What was meant for one provider does not go to another: with another description secrets are given anew.
  const same =
    old !== undefined &&
    (old.preset ?? '') === values.preset &&
    (!own || JSON.stringify(old.description) === JSON.stringify(values.description))
  const kept =
    same || (kind === 'smpp' && JSON.stringify(old?.description) === JSON.stringify(values.description)) ? (old?.secrets ?? []) : []
  const sent = (typed: Values) => ({
    kind,
    ...(kind === 'http' && typed.preset ? { preset: typed.preset } : {}),
    ...((own || kind === 'smpp') && { description: typed.description }),
    values: Object.fromEntries(needs.flatMap(({ name }) => (typed.values[name] ? [[name, typed.values[name]]] : []))),
    ...(typed.per_second !== '' && { per_second: typed.per_second }),
    ...(typed.at_once !== '' && { at_once: typed.at_once }),
  })
  const save = useSave(
    form,
    (typed) =>
      data(
        client.PUT('/sms/providers/{name}', {
          params: { path: { name: typed.name }, header: known ? ifMatch(known.etag) : { 'If-None-Match': '*' as const } },
          body: sent(typed),
        }),
      ),
    {
      onSaved: ({ name, place }) => {
        void queryClient.invalidateQueries({ queryKey: ['sms', 'providers'] })
        notifications.show({ color: 'green', message: t(place ? 'providers.saved' : 'providers.savedUnused') })
        if (known) reload?.()
        else void navigate({ to: '/sms/providers/edit', search: { name }, replace: true })
      },
    },
  )
  const remove = useMutation({
    mutationFn: (name: string) => data(client.DELETE('/sms/providers/{name}', { params: { path: { name } } })),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['sms', 'providers'] })
      void navigate({ to: '/sms/providers' })
    },
  })
  const ask = async (name: string) => {
    const sure = await confirm({
      title: t('providers.removeTitle', { name }),
      text: t(old?.place ? 'providers.removeUsed' : 'providers.removeText'),
      action: t('common:action.delete'),
      danger: true,
    })
    if (!sure) return
    form.resetDirty()
    remove.mutate(name)
  }
  const shown = Object.fromEntries(
    needs.flatMap(({ name, secret }) => (!secret && values.values[name] ? [[name, values.values[name]]] : [])),
  )
  const needInputs = needs.map((need) => (
    <NeedInput
      key={need.name}
      need={kind === 'smpp' ? { ...need, title: t('smpp.password') } : need}
      unless={needs.find(({ name }) => name === need.unless)}
      kept={kept.includes(need.name)}
      value={values.values[need.name] ?? ''}
      onChange={(next) => form.setFieldValue(`values.${need.name}`, next)}
    />
  ))
  const nameInput = !known && (
    <TextInput label={t('column.name')} description={t('nameAbout')} maxLength={32} {...form.getInputProps('name')} />
  )
  return (
    <>
      <BackLink to="/sms/providers">{t('tab.providers')}</BackLink>
      <PageHead
        title={old?.name ?? t('providers.newOf', { kind: chosen?.title ?? t(`kind.${kind}`) })}
        about={old && (chosen?.title ?? t(`kind.${kind}`))}
      >
        {old && (
          <RemoveButton loading={remove.isPending} onClick={() => void ask(old.name)}>
            {t('common:action.delete')}
          </RemoveButton>
        )}
      </PageHead>
      <Stack gap="sm" mb="sm" hidden={!remove.isError && (old?.usable ?? true)}>
        {remove.isError && <ProblemNote failure={remove.error} />}
        {old && !old.usable && (
          <Alert color="red" title={t('providers.broken')}>
            {old.trouble ?? t('providers.brokenAbout')}
          </Alert>
        )}
      </Stack>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <form onSubmit={save.submit}>
            <Stack gap="md">
              {chosen && (
                <PresetNote preset={chosen} onOwn={() => form.setValues({ preset: '', description: chosen.description as Description })} />
              )}
              {own && (
                <Paper withBorder p="md" component="section">
                  <Title order={2} mb="xs">
                    {t('description.heading')}
                  </Title>
                  {nameInput && <Box mb="sm">{nameInput}</Box>}
                  <DescriptionForm
                    value={values.description}
                    onChange={(next) => form.setFieldValue('description', next)}
                    onFault={setFault}
                  />
                </Paper>
              )}
              <Paper withBorder p="md">
                <Stack gap="sm">
                  {!own && nameInput}
                  {kind === 'smpp' && (
                    <SmppForm value={values.description as Smpp} onChange={(next) => form.setFieldValue('description', next)}>
                      {needInputs}
                    </SmppForm>
                  )}
                  {kind !== 'smpp' && needInputs}
                  {needs.some(({ secret }) => secret) && old && kept.length < old.secrets.length && (
                    <Text size="sm" c="dimmed">
                      {t('providers.secretsAnew')}
                    </Text>
                  )}
                  {form.errors.values && (
                    <Text size="sm" c="var(--mantine-color-error)">
                      {form.errors.values}
                    </Text>
                  )}
                  {kind === 'log' && <Text size="sm">{t('kindAbout.log')}</Text>}
                  <Group gap="sm" align="flex-start">
                    <NumberInput
                      label={t('providers.perSecondLabel')}
                      description={t('providers.perSecondAbout')}
                      min={0}
                      max={10000}
                      flex="1 1 12rem"
                      placeholder={t('providers.noLimit')}
                      {...form.getInputProps('per_second')}
                    />
                    <NumberInput
                      label={t('providers.atOnceLabel')}
                      description={t('providers.atOnceAbout')}
                      min={0}
                      max={1000}
                      allowDecimal={false}
                      flex="1 1 12rem"
                      placeholder="16"
                      {...form.getInputProps('at_once')}
                    />
                  </Group>
                </Stack>
              </Paper>
              {form.errors.description && (
                <Alert color="red" role="alert">
                  {form.errors.description}
                </Alert>
              )}
            </Stack>
            <SaveBar
              form={form}
              save={save}
              always={!known}
              onCancel={() => void navigate({ to: '/sms/providers' })}
              {...(reload && { onReload: reload })}
            />
          </form>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="md">
            {kind === 'http' && <Preview preset={values.preset} description={own ? values.description : undefined} values={shown} />}
            {old && <TestMessage provider={old.name} pretends={kind === 'log'} unsaved={form.isDirty()} />}
            {old?.receipts && <Receipts path={old.receipts} />}
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  )
}

interface Values extends Record<string, unknown> {
  name: string
  preset: string
  description: Description
  values: Record<string, string>
  per_second: number | ''
  at_once: number | ''
}

interface NeedProps {
  need: Need
  /** What is given in its place. */
  unless: Need | undefined
  /** It is set, and stays as it is while nothing else is typed. */
  kept: boolean
  value: string
  onChange: (value: string) => void
}

function NeedInput({ need, unless, kept, value, onChange }: NeedProps) {
  const { t } = useTranslation('sms')
  const shared = {
    label: need.title || need.name,
    withAsterisk: !need.optional && !need.unless && !need.default && !kept,
    value,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => onChange(currentTarget.value),
    ...(need.unless && { description: t('providers.unless', { name: unless?.title ?? need.unless }) }),
  }
  if (!need.secret) return <TextInput {...shared} placeholder={need.default ?? ''} />
  return (
    <PasswordInput
      {...shared}
      autoComplete="new-password"
      placeholder={kept ? t('providers.secretKept') : ''}
      visibilityToggleButtonProps={{ 'aria-label': t('providers.showSecret') }}
    />
  )
}

function PresetNote({ preset, onOwn }: { preset: Schema<'Preset'>; onOwn: () => void }) {
  const { t } = useTranslation('sms')
  return (
    <Alert color="gray" icon={<IconInfoCircle />} title={t(preset.experimental ? 'providers.presetExperimental' : 'providers.preset')}>
      <Text size="sm">
        {t('providers.presetText')}{' '}
        <Anchor href={preset.source} target="_blank" rel="noreferrer" size="sm" c="inherit" underline="always">
          {t('providers.presetSource')}
        </Anchor>
      </Text>
      <Button size="compact-sm" variant="default" mt="xs" leftSection={<IconPencil size={14} />} onClick={onOwn}>
        {t('providers.ownDescription')}
      </Button>
    </Alert>
  )
}

function Receipts({ path }: { path: string }) {
  const { t } = useTranslation(['sms', 'common'])
  const address = `${window.location.origin}${path}`
  return (
    <Panel title={t('providers.receipts')} about={t('providers.receiptsAbout')}>
      <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {address}
      </Code>
      <CopyButton value={address}>
        {({ copied, copy }) => (
          <Button
            mt="xs"
            size="compact-sm"
            variant="default"
            leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            onClick={copy}
          >
            {t(copied ? 'common:action.copied' : 'common:action.copy')}
          </Button>
        )}
      </CopyButton>
    </Panel>
  )
}
