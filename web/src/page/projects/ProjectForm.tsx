import { Checkbox, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { client, ifMatch, type Schema, type Tagged, tagged } from '~/api/client'
import { Panel } from '~/part/Panel'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { type Project, projectQuery, useQueueNames } from './api'
import { countries } from './countries'
import { HoursField } from './HoursField'
import { allClosed, readHours } from './hours'
import style from './Project.module.css'
import { clearer, places, useWords } from './words'

type Values = Required<Schema<'ProjectChange'>> & Record<string, unknown>

const valuesOf = ({ id: _, ...project }: Project): Values => ({ ...project })

/** What a project says, and the way to change it. */
export function ProjectForm({ project }: { project: Tagged<Project> }) {
  const { t, i18n } = useTranslation(['projects', 'common'])
  const session = useSession()
  const queries = useQueryClient()
  const queues = useQueueNames()
  const say = useWords()
  const { id } = project.value
  const limited = session.projects.length > 0
  const editable = session.may('projects', 'edit')
  const whole = editable && !limited
  const form = useForm<Values>({
    initialValues: valuesOf(project.value),
    validate: {
      name: (name) => (name.trim() === '' ? t('required') : null),
      sms_hours: (hours) => (hours === allClosed ? t('hours.allClosed') : readHours(hours) ? null : t('hours.wrong')),
    },
  })
  const save = useSave(
    form,
    (values) => {
      const before = valuesOf(project.value)
      // Only what is other: who is limited to projects may not send the rest, even as it is.
      const body = Object.fromEntries(
        Object.entries(values).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key])),
      )
      return clearer(
        tagged(
          client.PATCH('/projects/{id}', {
            params: { path: { id }, header: ifMatch(project.etag) },
            body: body as Schema<'ProjectChange'>,
          }),
        ),
        'number',
      )
    },
    {
      fields: places,
      say,
      onSaved: (saved) => {
        queries.setQueryData(projectQuery(id).queryKey, saved)
        void queries.invalidateQueries({ queryKey: ['projects'], exact: true })
        const now = valuesOf(saved.value)
        form.setValues(now)
        form.resetDirty(now)
        notifications.show({ message: t('saved'), color: 'green' })
      },
    },
  )
  const reload = async () => {
    const fresh = await queries.fetchQuery({ ...projectQuery(id), staleTime: 0 })
    const [before, now, typed] = [valuesOf(project.value), valuesOf(fresh.value), form.getValues()]
    const mine = Object.entries(typed).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key]))
    form.setValues({ ...now, ...Object.fromEntries(mine) })
    form.resetDirty(now)
  }
  const zones = useMemo(() => Intl.supportedValuesOf('timeZone'), [])
  const regions = new Intl.DisplayNames(i18n.language, { type: 'region' })
  return (
    <form onSubmit={save.submit} noValidate>
      <Stack gap="md">
        {editable && limited && (
          <Text size="sm" c="dimmed">
            {t('limited')}
          </Text>
        )}
        <Panel title={t('section.base')}>
          <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
            <TextInput label={t('field.name')} disabled={!editable} autoComplete="off" {...form.getInputProps('name')} />
            <Select
              label={t('field.zone')}
              description={t('field.zoneAbout')}
              inputWrapperOrder={order}
              disabled={!whole}
              searchable
              allowDeselect={false}
              limit={100}
              data={[{ value: '', label: t('field.zoneDefault') }, ...new Set([...zones, form.values.zone].filter(Boolean))]}
              {...form.getInputProps('zone')}
              onChange={(zone) => form.setFieldValue('zone', zone ?? '')}
            />
            <Select
              label={t('field.country')}
              description={t('field.countryAbout')}
              inputWrapperOrder={order}
              disabled={!whole}
              searchable
              allowDeselect={false}
              data={[
                { value: '', label: t('field.countryDefault') },
                { value: 'none', label: t('field.countryNone') },
                ...countries.map((value) => ({ value, label: regions.of(value) ?? value })),
              ]}
              {...form.getInputProps('country')}
              onChange={(country) => form.setFieldValue('country', country ?? '')}
            />
          </SimpleGrid>
        </Panel>
        <Panel title={t('section.calls')}>
          <Stack gap="md">
            <TagsInput
              label={t('field.numbers')}
              description={session.seesNumbers ? t('field.numbersAbout') : t('hidden')}
              inputWrapperOrder={order}
              disabled={!whole || !session.seesNumbers}
              inputMode="tel"
              splitChars={[',', ';', ' ', '\n']}
              acceptValueOnBlur
              {...form.getInputProps('numbers')}
            />
            <TagsInput
              label={t('field.queues')}
              description={t('field.queuesAbout')}
              inputWrapperOrder={order}
              disabled={!whole}
              data={queues}
              acceptValueOnBlur
              {...form.getInputProps('queues')}
            />
            <NumberInput
              label={t('field.sl')}
              description={t('field.slAbout')}
              inputWrapperOrder={order}
              disabled={!editable}
              suffix={` ${t('field.seconds')}`}
              allowDecimal={false}
              allowNegative={false}
              className={style.short ?? ''}
              {...form.getInputProps('sl_seconds')}
            />
          </Stack>
        </Panel>
        <Panel title={t('section.keep')}>
          <Stack gap="md">
            <Checkbox label={t('field.record')} disabled={!whole} {...form.getInputProps('record', { type: 'checkbox' })} />
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
              <Keep
                label={t('field.keepRecordings')}
                disabled={!whole}
                value={form.values.keep_recordings_days}
                onChange={(days) => form.setFieldValue('keep_recordings_days', days)}
                error={form.errors.keep_recordings_days}
              />
              <Keep
                label={t('field.keepCdrs')}
                disabled={!whole}
                value={form.values.keep_cdrs_days}
                onChange={(days) => form.setFieldValue('keep_cdrs_days', days)}
                error={form.errors.keep_cdrs_days}
              />
            </SimpleGrid>
          </Stack>
        </Panel>
        <Panel title={t('section.sms')}>
          <HoursField
            label={t('field.smsHours')}
            about={t('field.smsHoursAbout')}
            value={form.values.sms_hours}
            onChange={(hours) => form.setFieldValue('sms_hours', hours)}
            error={form.errors.sms_hours}
            disabled={!editable}
          />
        </Panel>
      </Stack>
      {editable && (
        <div className={style.bar} data-dirty={form.isDirty() || undefined}>
          <SaveBar form={form} save={save} onReload={() => void reload()} />
        </div>
      )}
    </form>
  )
}

const order: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

interface KeepProps {
  label: string
  value: number
  onChange: (days: number) => void
  error: React.ReactNode
  disabled: boolean
}

/** How long something is kept: as the settings say, for ever, or so many days. */
function Keep({ label, value, onChange, error, disabled }: KeepProps) {
  const { t } = useTranslation('projects')
  const how = value < 0 ? 'std' : value === 0 ? 'ever' : 'days'
  return (
    <div className={style.keep}>
      <Select
        label={label}
        disabled={disabled}
        allowDeselect={false}
        data={(['std', 'ever', 'days'] as const).map((one) => ({ value: one, label: t(`field.keep.${one}`) }))}
        value={how}
        onChange={(next) => onChange(next === 'std' ? -1 : next === 'ever' ? 0 : 365)}
        error={error}
      />
      {how === 'days' && (
        <NumberInput
          aria-label={`${label}: ${t('field.keepDays')}`}
          disabled={disabled}
          value={value}
          min={1}
          max={36_500}
          allowDecimal={false}
          suffix={` ${t('field.days')}`}
          onChange={(days) => typeof days === 'number' && days > 0 && onChange(days)}
        />
      )}
    </div>
  )
}
