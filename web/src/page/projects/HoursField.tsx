import { ActionIcon, Button, Checkbox, Group, Input, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DateField, TimeField } from '~/part/DateField'
import style from './HoursField.module.css'
import { dayNames } from './HoursText'
import { type Hours, readHours, type Span, writeHours } from './hours'

interface Props {
  label: string
  about?: ReactNode
  /** As the API has it; empty is always. */
  value: string
  onChange: (value: string) => void
  error?: ReactNode
  disabled?: boolean
}

const business: Span = { from: '09:00', to: '18:00' }
const weekdays = (span: Span, days: number) => Array.from({ length: 7 }, (_, day) => (day < days ? [span] : []))

/** When something is open: a week, and days that are not as it says. */
export function HoursField({ label, about, value, onChange, error, disabled = false }: Props) {
  const { t, i18n } = useTranslation('projects')
  // What is typed may be no time yet, which the value cannot say.
  const [state, setState] = useState(() => ({ told: value, hours: readHours(value) }))
  let { hours } = state
  if (state.told !== value) {
    hours = readHours(value)
    setState({ told: value, hours })
  }
  const names = dayNames(i18n.language, 'long')
  if (!hours) {
    return (
      <Textarea
        label={label}
        description={about}
        error={error}
        disabled={disabled}
        autosize
        value={value}
        onChange={(event) => {
          const told = event.currentTarget.value
          setState({ told, hours: undefined })
          onChange(told)
        }}
      />
    )
  }
  const change = (next: Hours) => {
    const told = writeHours(next)
    setState({ told, hours: next })
    onChange(told)
  }
  const { week, specials } = hours
  const withWeek = (next: readonly (readonly Span[])[]) => change({ ...hours, week: next })
  const setDay = (day: number, spans: readonly Span[]) => week && withWeek(week.map((old, i) => (i === day ? spans : old)))
  const setSpecial = (i: number, part: Partial<(typeof specials)[number]>) =>
    change({ ...hours, specials: specials.map((old, at) => (at === i ? { ...old, ...part } : old)) })
  return (
    <Input.Wrapper label={label} description={about} error={error} labelElement="div">
      <Stack gap="sm" mt={6}>
        <Group gap="xs">
          <SegmentedControl
            aria-label={t('hours.mode')}
            disabled={disabled}
            data={[
              { value: 'always', label: t('hours.always') },
              { value: 'weekly', label: t('hours.weekly') },
            ]}
            value={week ? 'weekly' : 'always'}
            onChange={(mode) => (mode === 'always' ? change({ specials }) : withWeek(weekdays(business, 5)))}
          />
          {week && !disabled && (
            <>
              <Button size="compact-sm" variant="subtle" onClick={() => withWeek(weekdays(business, 5))}>
                {t('hours.preset.business')}
              </Button>
              <Button size="compact-sm" variant="subtle" onClick={() => withWeek(weekdays({ from: '09:00', to: '21:00' }, 7))}>
                {t('hours.preset.daily')}
              </Button>
            </>
          )}
        </Group>
        {week && (
          <div className={style.week}>
            {week.map((spans, day) => (
              <div key={names[day]} className={style.day}>
                <Checkbox
                  label={names[day]}
                  checked={spans.length > 0}
                  disabled={disabled}
                  onChange={(event) => setDay(day, event.currentTarget.checked ? [business] : [])}
                />
                {spans.length === 0 ? (
                  <Text size="sm" c="dimmed" className={style.closed}>
                    {t('hours.closed')}
                  </Text>
                ) : (
                  <Spans name={names[day] ?? ''} spans={spans} onChange={(next) => setDay(day, next)} disabled={disabled} />
                )}
                <Strip spans={spans} />
              </div>
            ))}
          </div>
        )}
        <div>
          <Text size="sm" fw={500}>
            {t('hours.exceptions')}
          </Text>
          <Text size="xs" c="dimmed">
            {t('hours.exceptionsAbout')}
          </Text>
          <Stack gap={6} mt={6}>
            {specials.map((special, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the date is what is typed, and two may be empty
              <Group key={i} gap="xs" align="center" className={style.special}>
                <DateField
                  size="xs"
                  w={130}
                  aria-label={t('hours.date')}
                  disabled={disabled}
                  value={special.date}
                  onChange={(date) => setSpecial(i, { date })}
                />
                <SegmentedControl
                  size="xs"
                  aria-label={t('hours.is', { day: special.date })}
                  disabled={disabled}
                  data={[
                    { value: 'closed', label: t('hours.isClosed') },
                    { value: 'open', label: t('hours.isOpen') },
                  ]}
                  value={special.spans.length > 0 ? 'open' : 'closed'}
                  onChange={(is) => setSpecial(i, { spans: is === 'open' ? [business] : [] })}
                />
                {special.spans.length > 0 && (
                  <Spans name={special.date} spans={special.spans} onChange={(spans) => setSpecial(i, { spans })} disabled={disabled} />
                )}
                {!disabled && (
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('hours.exceptionRemove', { day: special.date })}
                    onClick={() => change({ ...hours, specials: specials.filter((_, at) => at !== i) })}
                  >
                    <IconX size={16} />
                  </ActionIcon>
                )}
              </Group>
            ))}
            {!disabled && (
              <Button
                variant="default"
                size="xs"
                w="fit-content"
                leftSection={<IconPlus size={14} />}
                onClick={() => change({ ...hours, specials: [...specials, { date: '', spans: [] }] })}
              >
                {t('hours.exceptionAdd')}
              </Button>
            )}
          </Stack>
        </div>
      </Stack>
    </Input.Wrapper>
  )
}

interface SpansProps {
  name: string
  spans: readonly Span[]
  onChange: (spans: readonly Span[]) => void
  disabled: boolean
}

function Spans({ name, spans, onChange, disabled }: SpansProps) {
  const { t } = useTranslation('projects')
  const set = (i: number, part: Partial<Span>) => onChange(spans.map((old, at) => (at === i ? { ...old, ...part } : old)))
  return (
    <Group gap={6} className={style.spans}>
      {spans.map((span, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a span is where it stands
        <Group key={i} gap={4} wrap="nowrap">
          <Time label={t('hours.from', { day: name })} value={span.from} onChange={(from) => set(i, { from })} disabled={disabled} />
          <Text size="sm" c="dimmed" aria-hidden className={style.dash} />
          <Time label={t('hours.to', { day: name })} value={span.to} onChange={(to) => set(i, { to })} disabled={disabled} />
          {spans.length > 1 && !disabled && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t('hours.remove', { day: name })}
              onClick={() => onChange(spans.filter((_, at) => at !== i))}
            >
              <IconX size={14} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {!disabled && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={t('hours.add', { day: name })}
          title={t('hours.add', { day: name })}
          onClick={() => onChange([...spans, { from: spans.at(-1)?.to ?? '18:00', to: '20:00' }])}
        >
          <IconPlus size={14} />
        </ActionIcon>
      )}
    </Group>
  )
}

interface TimeProps {
  label: string
  value: string
  onChange: (value: string) => void
  disabled: boolean
}

const Time = ({ label, ...rest }: TimeProps) => (
  <TimeField size="xs" w={62} aria-label={label} classNames={{ input: style.time ?? '' }} {...rest} />
)

const minutes = (time: string) => {
  const [h = 0, m = 0] = time.split(':').map(Number)
  return h * 60 + m
}

/** The day as a bar of 24 hours, of which what is open is filled. */
function Strip({ spans }: { spans: readonly Span[] }) {
  return (
    <svg className={style.strip} viewBox="0 0 1440 10" preserveAspectRatio="none" aria-hidden>
      <rect width={1440} height={10} className={style.night} />
      {spans.map(({ from, to }) => {
        const [start, end] = [minutes(from), minutes(to)]
        const width = (end > start ? end : 1440) - start
        return (
          Number.isFinite(width) && width > 0 && <rect key={`${from} ${to}`} x={start} width={width} height={10} className={style.open} />
        )
      })}
    </svg>
  )
}
