import { DatePicker } from '@mantine/dates'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Calendars } from './Calendars'
import { dayOf } from './days'

interface Props {
  /** YYYY-MM-DD, or empty. */
  value: string
  onChange: (day: string) => void
  min?: Date | undefined
  max?: Date | undefined
}

/** The days of a month to choose one of. A file of its own: it is fetched when it is opened. */
export default function DayPicker({ value, onChange, min, max }: Props) {
  const { t } = useTranslation()
  const days = useRef<HTMLDivElement>(null)
  useEffect(() => days.current?.querySelector<HTMLElement>('td [tabindex="0"]')?.focus(), [])
  return (
    <Calendars>
      <DatePicker
        ref={days}
        __stopPropagation
        value={value || null}
        defaultDate={value || dayOf(new Date())}
        onChange={(day) => day && onChange(day)}
        previousLabel={t('days.previous')}
        nextLabel={t('days.next')}
        {...(min && { minDate: dayOf(min) })}
        {...(max && { maxDate: dayOf(max) })}
      />
    </Calendars>
  )
}
