import { Alert, Anchor, Grid, NumberInput, Paper, SegmentedControl, Select, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { PageHead } from '~/part/PageHead'
import { projectLabel, useProjectNames } from '~/part/projects'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { Bubble, Counter } from './Bubble'
import { count } from './count'
import { placesOf, rendered } from './pieces'
import { newKey } from './random'

const route = getRouteApi('/shell/sms/send')

interface Values extends Record<string, unknown> {
  phones: string
  project: string | null
  kind: 'text' | 'template'
  text: string
  template: string | null
  values: Record<string, string>
  originator: string
  hours: number
}

const most = 1000 // of one question to the API

/** Numbers as people write or paste them: one on a line, or with commas or semicolons between them. */
const numbersOf = (typed: string) => [
  ...new Set(
    typed
      .split(/[\n,;]+/)
      .map((one) => one.trim())
      .filter(Boolean),
  ),
]

const isNumber = (one: string) => /^\+?[\d\s()-]+$/.test(one) && /^\d{5,24}$/.test(one.replace(/\D/g, ''))

interface Outcome {
  kept: { id: number; state: string }[]
  refused: { phone: string; why: string }[]
}

export default function Send() {
  const { t } = useTranslation(['sms', 'common'])
  const session = useSession()
  const projects = useProjectNames()
  const search = route.useSearch()
  const navigate = useNavigate()
  const confirm = useConfirm()
  const queryClient = useQueryClient()
  const maySeeTemplates = session.may('sms', 'templates')
  const templates = useQuery({
    queryKey: ['sms', 'templates'],
    queryFn: async () => (await data(client.GET('/sms/templates'))) ?? [],
    enabled: maySeeTemplates,
  })
  const form = useForm<Values>({
    initialValues: {
      phones: '',
      project: search.project ?? (projects.length === 1 ? (projects[0]?.id ?? null) : null),
      kind: search.template ? 'template' : 'text',
      text: '',
      template: search.template ?? null,
      values: {},
      originator: '',
      hours: 24,
    },
    validate: {
      phones: (typed) => {
        const all = numbersOf(typed)
        const wrong = all.find((one) => !isNumber(one))
        if (all.length === 0) return t('send.noPhone')
        if (wrong !== undefined) return t('send.wrongPhone', { phone: wrong })
        return all.length > most ? t('send.tooMany', { count: most }) : null
      },
      text: (text, { kind }) => (kind === 'text' && text.trim() === '' ? t('send.noText') : null),
      template: (name, { kind }) => (kind === 'template' && !name ? t('send.noTemplate') : null),
    },
  })
  const { values } = form
  const offered = (templates.data ?? []).filter(({ project }) => project === '' || project === values.project)
  const template = values.kind === 'template' ? offered.find(({ name }) => name === values.template) : undefined
  const places = template ? placesOf(template.text) : []
  const text = values.kind === 'template' ? (template ? rendered(template.text, values.values) : '') : values.text
  const numbers = numbersOf(values.phones)
  const parts = count(text).parts

  const [outcome, setOutcome] = useState<Outcome>()

  // The same message twice is sent once: the keys stay while what is sent does.
  const keys = useRef<{ of: string; keys: Record<string, string> }>({ of: '', keys: {} })
  const keyOf = (phone: string, what: unknown) => {
    const of = JSON.stringify(what)
    if (keys.current.of !== of) keys.current = { of, keys: {} }
    keys.current.keys[phone] ??= newKey()
    return keys.current.keys[phone]
  }

  const save = useSave(
    form,
    async (typed): Promise<Outcome> => {
      const what: Omit<Schema<'TextFields'>, 'phone'> = {
        ...(typed.project && { project: typed.project }),
        ...(typed.kind === 'text'
          ? { text: typed.text }
          : { template: typed.template ?? '', values: Object.fromEntries(places.map((place) => [place, typed.values[place] ?? ''])) }),
        ...(typed.originator.trim() && { originator: typed.originator.trim() }),
        valid_minutes: Math.round(typed.hours * 60),
      }
      const [first = ''] = numbers
      if (numbers.length === 1) {
        const params = { header: { 'Idempotency-Key': keyOf(first, what) } }
        const kept = await data(client.POST('/sms/messages', { params, body: { phone: first, ...what } }))
        return { kept: [kept], refused: [] }
      }
      const messages = numbers.map((phone) => ({ phone, key: keyOf(phone, what), ...what }))
      const told = await data(client.POST('/sms/messages/bulk', { body: { messages } }))
      return {
        kept: told.messages.flatMap(({ id, state }) => (id ? [{ id, state: state ?? '' }] : [])),
        refused: told.messages.flatMap(({ id, error, reason }, n) => (id ? [] : [{ phone: numbers[n] ?? '', why: reason || error || '' }])),
      }
    },
    {
      onSaved: (outcome) => {
        setOutcome(outcome)
        void queryClient.invalidateQueries({ queryKey: ['sms', 'messages'] })
        if (outcome.refused.length > 0) {
          form.setFieldValue('phones', outcome.refused.map(({ phone }) => phone).join('\n'))
          return
        }
        const id = outcome.kept.length === 1 ? outcome.kept[0]?.id : undefined
        notifications.show({ color: 'green', message: t('send.kept', { count: outcome.kept.length }) })
        if (session.may('sms', 'list')) void navigate({ to: '/sms/messages', search: { id } })
        else form.reset()
      },
      fields: { phone: 'phones' },
    },
  )
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (form.validate().hasErrors) return
    const sure =
      numbers.length === 1 ||
      (await confirm({
        title: t('send.sureTitle', { count: numbers.length }),
        text: t('send.sureText', { count: numbers.length * parts }),
        action: t('send.action'),
      }))
    if (sure) save.submit(event)
  }

  return (
    <>
      <BackLink to="/sms">{t('title')}</BackLink>
      <PageHead title={t('send.title')} about={t('send.about')} />
      <form onSubmit={(event) => void submit(event)}>
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Paper withBorder p="md">
              <Stack gap="sm">
                {outcome && outcome.refused.length > 0 && <Refused outcome={outcome} />}
                <Textarea
                  label={t('send.phones')}
                  description={t('send.phonesAbout')}
                  placeholder={t('send.phonesExample')}
                  autosize
                  minRows={1}
                  maxRows={8}
                  inputMode="tel"
                  data-autofocus
                  {...form.getInputProps('phones')}
                />
                {projects.length > 0 && (
                  <Select
                    label={t('column.project')}
                    description={t('send.projectAbout')}
                    data={projects.map(({ id }) => ({ value: id, label: projectLabel(projects, id) }))}
                    placeholder={t('send.noProject')}
                    clearable
                    searchable
                    {...form.getInputProps('project')}
                  />
                )}
                {maySeeTemplates && (
                  <SegmentedControl
                    data={[
                      { value: 'text', label: t('send.ownText') },
                      { value: 'template', label: t('send.byTemplate') },
                    ]}
                    {...form.getInputProps('kind')}
                    aria-label={t('send.what')}
                  />
                )}
                {values.kind === 'text' ? (
                  <Textarea label={t('column.text')} autosize minRows={4} maxRows={14} maxLength={39015} {...form.getInputProps('text')} />
                ) : (
                  <>
                    <Select
                      label={t('send.template')}
                      data={offered.map(({ name }) => name)}
                      placeholder={t('send.chooseTemplate')}
                      nothingFoundMessage={t('templates.empty')}
                      searchable
                      {...form.getInputProps('template')}
                    />
                    {templates.data?.length === 0 && (
                      <Text size="sm">
                        {t('templates.emptyText')}{' '}
                        <Anchor renderRoot={(props) => <Link to="/sms/templates/edit" {...props} />}>{t('templates.add')}</Anchor>
                      </Text>
                    )}
                    {places.map((place) => (
                      <TextInput
                        key={place}
                        label={place}
                        value={values.values[place] ?? ''}
                        onChange={(event) => form.setFieldValue(`values.${place}`, event.currentTarget.value)}
                      />
                    ))}
                    {form.errors.values && (
                      <Text size="xs" c="var(--mantine-color-error)">
                        {form.errors.values}
                      </Text>
                    )}
                  </>
                )}
                <Grid gap="sm">
                  <Grid.Col span={{ base: 12, xs: 6 }}>
                    <TextInput
                      label={t('message.originator')}
                      description={t('send.originatorAbout')}
                      maxLength={255}
                      {...form.getInputProps('originator')}
                    />
                  </Grid.Col>
                  <Grid.Col span={{ base: 12, xs: 6 }}>
                    <NumberInput
                      label={t('send.valid')}
                      description={t('send.validAbout')}
                      min={1}
                      max={72}
                      allowDecimal={false}
                      suffix={t('send.hours')}
                      {...form.getInputProps('hours')}
                    />
                  </Grid.Col>
                </Grid>
              </Stack>
            </Paper>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Paper withBorder p="md" component="section">
              <Title order={2} mb="xs">
                {t('send.preview')}
              </Title>
              <Bubble text={text} sender={values.originator.trim()}>
                {text || (
                  <Text c="dimmed" inherit>
                    {t('send.previewEmpty')}
                  </Text>
                )}
              </Bubble>
              <Text mt="xs">
                <Counter text={text} />
              </Text>
              {numbers.length > 1 && text !== '' && (
                <Text size="sm" mt={4} className="tabular">
                  {t('send.total', { numbers: numbers.length, parts: t('counter.parts', { count: numbers.length * parts }) })}
                </Text>
              )}
            </Paper>
            <SaveBar
              form={form}
              save={save}
              action={numbers.length > 1 ? t('send.actionMany', { count: numbers.length }) : t('send.action')}
              onCancel={() => void navigate({ to: '/sms' })}
            />
          </Grid.Col>
        </Grid>
      </form>
    </>
  )
}

/** Which numbers were not taken, after the others were. */
function Refused({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation('sms')
  return (
    <Alert color="yellow" icon={<IconAlertTriangle />} title={t('send.someRefused', { count: outcome.refused.length })} role="alert">
      {outcome.kept.length > 0 && <Text size="sm">{t('send.kept', { count: outcome.kept.length })}</Text>}
      {outcome.refused.map(({ phone, why }) => (
        <Text key={phone} size="sm" className="tabular">
          {phone}
          {why && ` — ${why}`}
        </Text>
      ))}
    </Alert>
  )
}
