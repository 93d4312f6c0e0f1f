import { ActionIcon, Popover, TextInput, type TextInputProps } from '@mantine/core'
import { IconCalendar } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readDate, shownDate } from './dates'
import { Loading } from './Loading'
import { readTime } from './time'

const DayPicker = lazy(() => import('./DayPicker'))

interface Props extends Omit<TextInputProps, 'value' | 'onChange' | 'type' | 'min' | 'max' | 'rightSection'> {
  /** YYYY-MM-DD, with a time YYYY-MM-DDTHH:MM, both without a zone; empty for none, and for what cannot be read. */
  value?: string
  onChange: (value: string) => void
  withTime?: boolean
  /** The days that the calendar offers; what is typed is the form's to check. */
  min?: Date | undefined
  max?: Date | undefined
}

/** A day, or a day and a time, as the language of the page writes them: typed, or chosen in a calendar. */
export function DateField({ value = '', onChange, withTime = false, min, max, error, onBlur, ...rest }: Props) {
  const { t, i18n } = useTranslation()
  const [draft, setDraft] = useState<{ text: string; told: string }>()
  const [left, setLeft] = useState(false)
  const [opened, setOpened] = useState(false)
  // What is typed counts until the value is another than was read of it.
  const typed = draft?.told === value ? draft.text : undefined
  const unread = typed !== undefined && typed.trim() !== '' && value === ''
  const tell = (told: string, text?: string) => {
    setDraft(text === undefined ? undefined : { text, told })
    if (told !== value) onChange(told)
  }
  return (
    <TextInput
      autoComplete="off"
      placeholder={t(withTime ? 'days.formTime' : 'days.form')}
      {...rest}
      value={typed ?? shownDate(value, i18n.language)}
      onChange={({ currentTarget: { value: text } }) => {
        setLeft(false)
        tell(readDate(text, withTime), text)
      }}
      onBlur={(event) => {
        onBlur?.(event)
        setLeft(true)
        if (!unread) setDraft(undefined)
      }}
      error={unread && left ? t(withTime ? 'days.wrongTime' : 'days.wrong') : error}
      rightSection={
        <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus>
          <Popover.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('days.open')}
              onClick={() => setOpened(!opened)}
              disabled={rest.disabled ?? false}
            >
              <IconCalendar size={16} />
            </ActionIcon>
          </Popover.Target>
          {/* What Escape closes is the calendar, and not the dialog that it may be in. */}
          <Popover.Dropdown data-mantine-stop-propagation>
            <Suspense fallback={<Loading />}>
              <DayPicker
                value={value.slice(0, 10)}
                min={min}
                max={max}
                onChange={(day) => {
                  tell(withTime ? `${day}T${value.slice(11) || '09:00'}` : day)
                  setOpened(false)
                }}
              />
            </Suspense>
          </Popover.Dropdown>
        </Popover>
      }
    />
  )
}

interface TimeProps extends Omit<TextInputProps, 'value' | 'onChange'> {
  /** HH:MM; while it is typed, what is typed. */
  value?: string
  onChange: (value: string) => void
}

/** A time of day, of 24 hours whatever the browser's language is. */
export const TimeField = ({ value = '', onChange, ...rest }: TimeProps) => (
  <TextInput
    autoComplete="off"
    inputMode="numeric"
    maxLength={5}
    {...rest}
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
    onBlur={() => onChange(readTime(value))}
  />
)
