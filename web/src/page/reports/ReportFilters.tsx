import { Box, Button, Collapse, Group, MultiSelect, NumberInput, Select, Switch, TagsInput } from '@mantine/core'
import { IconAdjustmentsHorizontal } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChoices } from '~/part/choices'
import { DayRange } from '~/part/DayRange'
import { browserZone } from '~/part/days'
import { FilterBar } from '~/part/FilterBar'
import { useSession } from '~/session/session'
import { daysShown, fields, intervalShown, intervals, levels, type ReportName, type ReportSearch } from './search'

interface Props {
  name: ReportName
  search: ReportSearch
  onChange: (search: ReportSearch) => void
}

const zones = Intl.supportedValuesOf('timeZone')

/** What a report is asked for by. */
export function ReportFilters({ name, search, onChange }: Props) {
  const { t } = useTranslation('reports')
  const { projects } = useChoices()
  const set = (change: ReportSearch) => onChange({ ...search, ...change })
  const has = (field: keyof ReportSearch) => fields[name].includes(field)
  const rest = (['zone', 'queue', 'agent', 'number', 'threshold', 'sl', 'short'] as const).filter(has)
  const hidden = rest.filter((field) => search[field] !== undefined).length
  const [opened, setOpened] = useState(hidden > 0)
  const filtered = hidden > 0 || search.project !== undefined
  return (
    <>
      <FilterBar
        onReset={
          filtered
            ? () => onChange({ from: search.from, to: search.to, interval: search.interval, compare: search.compare, view: search.view })
            : undefined
        }
      >
        <DayRange value={daysShown(search)} onChange={(days) => set(days)} />
        {has('interval') && (
          <Select
            label={t('filter.interval')}
            data={intervals.map((value) => ({ value, label: t(`interval.${value}`) }))}
            value={intervalShown(search)}
            onChange={(value) => set({ interval: intervals.find((one) => one === value) })}
            allowDeselect={false}
            w={150}
          />
        )}
        {projects.length > 0 && (
          <MultiSelect
            label={t('filter.project')}
            data={projects}
            value={search.project ?? []}
            onChange={(all) => set({ project: all.length > 0 ? all : undefined })}
            placeholder={search.project ? '' : t('filter.all')}
            clearable
            miw={180}
          />
        )}
        {rest.length > 0 && (
          <Button
            variant="default"
            leftSection={<IconAdjustmentsHorizontal size={16} />}
            aria-expanded={opened}
            onClick={() => setOpened(!opened)}
          >
            {hidden > 0 ? t('filter.moreSet', { count: hidden }) : t('filter.more')}
          </Button>
        )}
        <Box data-whole pb={8}>
          <Switch
            label={t('filter.compare')}
            checked={search.compare !== undefined}
            onChange={(event) => set({ compare: event.currentTarget.checked ? 'previous' : undefined })}
          />
        </Box>
      </FilterBar>
      {rest.length > 0 && (
        <Collapse expanded={opened}>
          <Group gap="sm" align="flex-end" mb="md">
            <More has={has} search={search} set={set} />
          </Group>
        </Collapse>
      )}
    </>
  )
}

interface MoreProps {
  has: (field: keyof ReportSearch) => boolean
  search: ReportSearch
  set: (change: ReportSearch) => void
}

export function More({ has, search, set }: MoreProps) {
  const { t } = useTranslation('reports')
  const session = useSession()
  const { queues, agents } = useChoices()
  const some = (all: string[]) => (all.length > 0 ? all : undefined)
  return (
    <>
      {has('zone') && (
        <Select
          label={t('filter.zone')}
          data={[...new Set([browserZone(), ...(search.zone ? [search.zone] : []), ...zones])]}
          value={search.zone ?? browserZone()}
          onChange={(zone) => set({ zone: zone && zone !== browserZone() ? zone : undefined })}
          searchable
          limit={50}
          allowDeselect={false}
          nothingFoundMessage={t('filter.noZone')}
          w={200}
        />
      )}
      {has('queue') && (
        <TagsInput
          label={t('filter.queue')}
          data={queues}
          value={search.queue ?? []}
          onChange={(all) => set({ queue: some(all) })}
          placeholder={search.queue ? '' : t('filter.all')}
          clearable
          miw={200}
        />
      )}
      {has('agent') && (
        <TagsInput
          label={t('filter.agent')}
          data={agents}
          value={search.agent ?? []}
          onChange={(all) => set({ agent: some(all) })}
          placeholder={search.agent ? '' : t('filter.all')}
          clearable
          miw={200}
        />
      )}
      {has('number') && session.seesNumbers && (
        <TagsInput
          label={t('filter.number')}
          value={search.number ?? []}
          onChange={(all) => set({ number: some(all) })}
          placeholder={search.number ? '' : t('filter.all')}
          clearable
          miw={200}
        />
      )}
      {has('threshold') && (
        <Seconds label={t('filter.threshold')} placeholder="20" value={search.threshold} onChange={(threshold) => set({ threshold })} />
      )}
      {has('short') && <Seconds label={t('filter.short')} placeholder="5" value={search.short} onChange={(short) => set({ short })} />}
      {has('sl') && (
        <Select
          label={t('filter.sl')}
          data={levels.map((value) => ({ value, label: t(`level.${value}`) }))}
          value={search.sl ?? 'answered'}
          onChange={(value) => set({ sl: value === 'answered' ? undefined : levels.find((one) => one === value) })}
          allowDeselect={false}
          w={300}
        />
      )}
    </>
  )
}

interface SecondsProps {
  label: string
  placeholder: string
  value: number | undefined
  onChange: (value: number | undefined) => void
}

/** Seconds that are asked for once they are typed. */
function Seconds({ label, placeholder, value, onChange }: SecondsProps) {
  const [draft, setDraft] = useState<number | string>(value ?? '')
  const done = () => {
    const wanted = draft === '' || Number(draft) < 1 ? undefined : Math.min(Number(draft), 3600)
    if (wanted !== value) onChange(wanted)
  }
  return (
    <NumberInput
      key={value}
      label={label}
      placeholder={placeholder}
      value={draft}
      onChange={setDraft}
      onBlur={done}
      onKeyDown={(event) => event.key === 'Enter' && done()}
      min={1}
      max={3600}
      allowDecimal={false}
      allowNegative={false}
      w={170}
    />
  )
}
