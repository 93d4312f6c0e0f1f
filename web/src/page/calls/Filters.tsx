import { Button, Collapse, Group, MultiSelect, NumberInput, Select } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconAdjustmentsHorizontal } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChoices } from '~/part/choices'
import { DayRange } from '~/part/DayRange'
import { FilterBar } from '~/part/FilterBar'
import { TextFilter } from '~/part/TextFilter'
import { useSession } from '~/session/session'
import { type CallsSearch, daysShown, directions, dispositions } from './search'

interface Props {
  search: CallsSearch
  onChange: (search: CallsSearch) => void
}

const seldom = ['agent', 'direction', 'recorded', 'min', 'max', 'switch', 'id'] as const
const often = ['number', 'project', 'queue', 'disposition'] as const

/** What calls are looked for by: what is asked for often, and the rest behind a button; on a phone all of it. */
export function Filters({ search, onChange }: Props) {
  const { t } = useTranslation('calls')
  const session = useSession()
  const { queues, agents, projects } = useChoices()
  const narrow = useMediaQuery('(max-width: 48em)') ?? false
  const hidden = (narrow ? [...often, ...seldom] : seldom).filter((key) => search[key] !== undefined).length
  const [opened, setOpened] = useState(hidden > 0 && !narrow)
  const set = (change: CallsSearch) => onChange({ ...search, ...change })
  const filtered = [...often, ...seldom].some((key) => search[key] !== undefined)
  const full = narrow ? { w: '100%' } : {}
  const main = (
    <>
      <TextFilter
        label={t('filter.number')}
        placeholder={session.seesNumbers ? t('filter.numberAbout') : t('filter.numberDenied')}
        disabled={!session.seesNumbers}
        value={search.number}
        onChange={(number) => set({ number })}
        width={190}
      />
      {projects.length > 0 && (
        <MultiSelect
          label={t('column.project')}
          data={projects}
          value={search.project ?? []}
          onChange={(project) => set({ project: project.length > 0 ? project : undefined })}
          placeholder={search.project ? '' : t('filter.any')}
          clearable
          w={170}
          {...full}
        />
      )}
      <TextFilter
        label={t('column.queue')}
        known={queues}
        placeholder={t('filter.any')}
        value={search.queue}
        onChange={(queue) => set({ queue })}
      />
      <MultiSelect
        label={t('column.disposition')}
        data={dispositions.map((value) => ({ value, label: t(`disposition.${value}`) }))}
        value={search.disposition ?? []}
        onChange={(all) => set({ disposition: all.length > 0 ? dispositions.filter((one) => all.includes(one)) : undefined })}
        placeholder={search.disposition ? '' : t('filter.any')}
        clearable
        w={170}
        {...full}
      />
    </>
  )
  const rest = (
    <>
      <TextFilter
        label={t('filter.agent')}
        known={agents}
        placeholder={t('filter.any')}
        value={search.agent}
        onChange={(agent) => set({ agent })}
      />
      <Select
        label={t('filter.direction')}
        data={directions.map((value) => ({ value, label: t(`direction.${value}`) }))}
        value={search.direction ?? null}
        onChange={(value) => set({ direction: directions.find((one) => one === value) })}
        placeholder={t('filter.any')}
        clearable
        w={160}
      />
      <Select
        label={t('filter.recorded')}
        data={[
          { value: 'true', label: t('filter.recordedYes') },
          { value: 'false', label: t('filter.recordedNo') },
        ]}
        value={search.recorded ?? null}
        onChange={(value) => set({ recorded: value === 'true' || value === 'false' ? value : undefined })}
        placeholder={t('filter.any')}
        clearable
        w={140}
      />
      <Seconds label={t('filter.min')} value={search.min} onChange={(min) => set({ min })} />
      <Seconds label={t('filter.max')} value={search.max} onChange={(max) => set({ max })} />
      <TextFilter
        label={t('filter.switch')}
        value={search.switch}
        onChange={(name) => set({ switch: name })}
        placeholder={t('filter.any')}
        width={130}
      />
      <TextFilter label={t('filter.id')} value={search.id} onChange={(id) => set({ id })} placeholder="UUID" width={310} />
    </>
  )
  return (
    <>
      <FilterBar onReset={filtered ? () => onChange({ from: search.from, to: search.to }) : undefined}>
        <DayRange value={daysShown(search)} onChange={(days) => set(days)} />
        {!narrow && main}
        <Button
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={16} />}
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          {hidden > 0 ? t('filter.moreSet', { count: hidden }) : narrow ? t('filter.all') : t('filter.more')}
        </Button>
      </FilterBar>
      <Collapse expanded={opened}>
        <Group gap="sm" align="flex-end" mb="md">
          {narrow && main}
          {rest}
        </Group>
      </Collapse>
    </>
  )
}

/** Seconds that are looked for once they are typed. */
function Seconds({ label, value, onChange }: { label: string; value: number | undefined; onChange: (value: number | undefined) => void }) {
  const [draft, setDraft] = useState<number | string>(value ?? '')
  const done = () => {
    const wanted = draft === '' ? undefined : Number(draft)
    if (wanted !== value) onChange(wanted)
  }
  return (
    <NumberInput
      key={value}
      label={label}
      value={draft}
      onChange={setDraft}
      onBlur={done}
      onKeyDown={(event) => event.key === 'Enter' && done()}
      min={0}
      max={1e9}
      allowDecimal={false}
      allowNegative={false}
      w={120}
    />
  )
}
