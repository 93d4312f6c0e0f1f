import { Group, MultiSelect, SegmentedControl, Select, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { useChoices } from '~/part/choices'
import { TimeField } from '~/part/DateField'
import { browserZone } from '~/part/days'
import { Panel } from '~/part/Panel'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useRhythm } from './rhythm'
import { fields, intervals, levels, type ReportName, reports } from './search'

export interface ScheduleValues extends Record<string, unknown> {
  name: string
  report: string
  parameters: Record<string, string[]>
  format: 'csv' | 'xlsx'
  period: 'yesterday' | 'last_week' | 'last_month'
  every: 'daily' | 'weekly' | 'monthly'
  weekday: number
  month_day: number
  at: string
  zone: string
  to: string[]
  active: boolean
}

interface Props {
  first: ScheduleValues
  /** A new one may be added as it is proposed. */
  fresh?: boolean
  save: (values: ScheduleValues) => Promise<Schema<'ReportSchedule'>>
  onSaved: (saved: Schema<'ReportSchedule'>) => void
  onCancel: () => void
  onReload?: () => void
}

const zones = Intl.supportedValuesOf('timeZone')
const periods = ['yesterday', 'last_week', 'last_month'] as const
const everies = ['daily', 'weekly', 'monthly'] as const

/** Which report comes by mail, when, and to whom. */
export function ScheduleForm({ first, fresh = false, save: send, onSaved, onCancel, onReload }: Props) {
  const { t } = useTranslation(['reports', 'common'])
  const rhythm = useRhythm()
  const form = useForm<ScheduleValues>({ initialValues: first })
  const save = useSave(
    form,
    // Days are said of what comes on them only.
    (all) => send({ ...all, weekday: all.every === 'weekly' ? all.weekday : 0, month_day: all.every === 'monthly' ? all.month_day : 0 }),
    { onSaved },
  )
  const { every, report, parameters } = form.values
  const name = reports.find((one) => one === report) ?? 'centre'
  return (
    <form onSubmit={save.submit} noValidate>
      <Stack gap="md" maw={760}>
        <Panel title={t('schedule.what')}>
          <Stack gap="sm">
            <TextInput label={t('schedule.name')} description={t('schedule.nameAbout')} required {...form.getInputProps('name')} />
            <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
              <Select
                label={t('schedule.report')}
                data={reports.map((value) => ({ value, label: t(`report.${value}`) }))}
                allowDeselect={false}
                {...form.getInputProps('report')}
                onChange={(next) =>
                  form.setValues({
                    report: next ?? 'centre',
                    parameters: pick(parameters, reports.find((one) => one === next) ?? 'centre'),
                  })
                }
              />
              <Select
                label={t('schedule.periodLabel')}
                data={periods.map((value) => ({ value, label: rhythm.period(value) }))}
                allowDeselect={false}
                {...form.getInputProps('period')}
              />
            </Group>
            <Parameters
              name={name}
              values={parameters}
              onChange={(next) => form.setFieldValue('parameters', next)}
              error={form.errors.parameters}
            />
            <div>
              <Text size="sm" fw={500} id="schedule-format" mb={4}>
                {t('schedule.format')}
              </Text>
              <SegmentedControl
                aria-labelledby="schedule-format"
                data={[
                  { value: 'xlsx', label: t('common:format.xlsx') },
                  { value: 'csv', label: t('common:format.csv') },
                ]}
                {...form.getInputProps('format')}
              />
            </div>
          </Stack>
        </Panel>
        <Panel title={t('schedule.when')}>
          <Group gap="sm" align="flex-start">
            <Select
              label={t('schedule.every')}
              data={everies.map((value) => ({ value, label: t(`schedule.on.${value}`) }))}
              allowDeselect={false}
              w={180}
              {...form.getInputProps('every')}
            />
            {every === 'weekly' && (
              <Select
                label={t('schedule.weekday')}
                data={[1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ value: String(weekday), label: rhythm.dayName(weekday) }))}
                allowDeselect={false}
                w={180}
                value={String(form.values.weekday || 1)}
                onChange={(day) => form.setFieldValue('weekday', Number(day))}
                error={form.errors.weekday}
              />
            )}
            {every === 'monthly' && (
              <Select
                label={t('schedule.monthDay')}
                description={form.values.month_day > 28 ? t('schedule.monthDayAbout') : undefined}
                inputWrapperOrder={['label', 'input', 'description', 'error']}
                data={Array.from({ length: 31 }, (_, i) => String(i + 1))}
                allowDeselect={false}
                w={180}
                value={String(form.values.month_day || 1)}
                onChange={(day) => form.setFieldValue('month_day', Number(day))}
                error={form.errors.month_day}
              />
            )}
            <TimeField label={t('schedule.at')} w={140} required {...form.getInputProps('at')} />
            <Select
              label={t('filter.zone')}
              data={[...new Set([form.values.zone, browserZone(), ...zones])].filter(Boolean)}
              searchable
              limit={50}
              allowDeselect={false}
              nothingFoundMessage={t('filter.noZone')}
              w={220}
              {...form.getInputProps('zone')}
            />
          </Group>
        </Panel>
        <Panel title={t('schedule.to')} about={t('schedule.toAbout')}>
          <Stack gap="sm">
            <TagsInput
              aria-label={t('schedule.to')}
              placeholder={form.values.to.length === 0 ? 'name@example.com' : ''}
              splitChars={[',', ' ', ';']}
              maxTags={50}
              acceptValueOnBlur
              {...form.getInputProps('to')}
              error={form.errors.to ?? Object.entries(form.errors).find(([field]) => field.startsWith('to.'))?.[1]}
            />
            <Switch label={t('schedule.active')} {...form.getInputProps('active', { type: 'checkbox' })} />
          </Stack>
        </Panel>
      </Stack>
      <div style={{ maxWidth: 760 }}>
        <SaveBar
          form={form}
          save={save}
          always={fresh}
          onCancel={onCancel}
          {...(fresh && { action: t('schedule.addAction') })}
          {...(onReload && { onReload })}
        />
      </div>
    </form>
  )
}

const single = ['interval', 'threshold', 'sl', 'short'] as const

/** Of parameters those that a report knows. */
function pick(parameters: Record<string, string[]>, name: ReportName) {
  return Object.fromEntries(
    Object.entries(parameters).filter(([key]) => key === 'project' || key === 'compare' || fields[name].some((field) => field === key)),
  )
}

interface ParametersProps {
  name: ReportName
  values: Record<string, string[]>
  onChange: (values: Record<string, string[]>) => void
  error: unknown
}

function Parameters({ name, values, onChange, error }: ParametersProps) {
  const { t } = useTranslation('reports')
  const { projects, queues, agents } = useChoices()
  const has = (field: string) => fields[name].some((one) => one === field)
  const set = (key: string, all: string[]) => {
    const { [key]: _old, ...rest } = values
    onChange(all.length > 0 ? { ...rest, [key]: all } : rest)
  }
  const unknown = (values.project ?? []).filter((id) => projects.every(({ value }) => value !== id))
  const project = {
    label: t('filter.project'),
    value: values.project ?? [],
    onChange: (all: string[]) => set('project', all),
    placeholder: values.project ? '' : t('filter.all'),
    miw: 200,
    error: typeof error === 'string' ? error : undefined,
  }
  const one = (key: (typeof single)[number]) => values[key]?.[0] ?? null
  return (
    <Group gap="sm" align="flex-start">
      {projects.length > 0 ? (
        <MultiSelect
          {...project}
          data={[...projects, ...unknown.map((id) => ({ value: id, label: id }))]}
          searchable
          nothingFoundMessage={t('filter.noProject')}
        />
      ) : (
        <TagsInput {...project} description={t('schedule.projectAbout')} inputWrapperOrder={['label', 'input', 'description', 'error']} />
      )}
      {has('queue') && (
        <TagsInput
          label={t('filter.queue')}
          data={queues}
          value={values.queue ?? []}
          onChange={(all) => set('queue', all)}
          placeholder={values.queue ? '' : t('filter.all')}
          miw={200}
        />
      )}
      {has('agent') && (
        <TagsInput
          label={t('filter.agent')}
          data={agents}
          value={values.agent ?? []}
          onChange={(all) => set('agent', all)}
          placeholder={values.agent ? '' : t('filter.all')}
          miw={200}
        />
      )}
      {has('interval') && (
        <Select
          label={t('filter.interval')}
          data={[...intervals, 'whole' as const].map((value) => ({ value, label: t(`interval.${value}`) }))}
          value={one('interval') ?? 'day'}
          onChange={(value) => set('interval', value && value !== 'day' ? [value] : [])}
          allowDeselect={false}
          w={160}
        />
      )}
      {has('threshold') && (
        <TextInput
          label={t('filter.threshold')}
          placeholder="20"
          inputMode="numeric"
          w={160}
          value={one('threshold') ?? ''}
          onChange={(event) => set('threshold', event.currentTarget.value ? [event.currentTarget.value] : [])}
        />
      )}
      {has('sl') && (
        <Select
          label={t('filter.sl')}
          data={levels.map((value) => ({ value, label: t(`level.${value}`) }))}
          value={one('sl') ?? 'answered'}
          onChange={(value) => set('sl', value && value !== 'answered' ? [value] : [])}
          allowDeselect={false}
          w={300}
        />
      )}
    </Group>
  )
}
