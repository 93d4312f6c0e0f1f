import { DatePickerInput } from '@mantine/dates'
import { IconCalendar } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Calendars } from './Calendars'
import style from './DayRange.module.css'
import { type Days, daysOf, spans } from './days'

interface Props {
  value: Days
  onChange: (days: Days) => void
  label?: string
}

/** From a day to a day, both whole; what people ask for most is one click. */
export function DayRange({ value, onChange, label }: Props) {
  const { t, i18n } = useTranslation()
  const [draft, setDraft] = useState<[string | null, string | null]>([value.from, value.to])
  useEffect(() => setDraft([value.from, value.to]), [value.from, value.to])
  return (
    <Calendars>
      <DatePickerInput
        type="range"
        label={label ?? t('days.label')}
        leftSection={<IconCalendar size={16} aria-hidden />}
        valueFormat={i18n.language === 'ru' ? 'DD.MM.YYYY' : 'DD/MM/YYYY'}
        allowSingleDateInRange
        value={draft}
        onChange={([from, to]) => {
          setDraft([from, to])
          if (from && to) onChange({ from, to })
        }}
        presets={spans.map((name) => {
          const { from, to } = daysOf(name)
          return { value: [from, to] as [string, string], label: t(`days.${name}`) }
        })}
        popoverProps={{ onClose: () => setDraft([value.from, value.to]) }}
        previousLabel={t('days.previous')}
        nextLabel={t('days.next')}
        miw={220}
        classNames={{ datePickerRoot: style.root ?? '', presetsList: style.presets ?? '' }}
      />
    </Calendars>
  )
}
