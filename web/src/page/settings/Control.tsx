import { Group, NumberInput, PasswordInput, SegmentedControl, Select, TagsInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { useSession } from '~/session/session'
import { choiceText, keyText, type Setting } from './texts'
import { readDuration, split, type Unit, units } from './value'

interface Props {
  setting: Setting
  value: string
  onChange: (value: string) => void
  id: string
  describedBy: string
  disabled: boolean
  error: ReactNode
  /** A secret is to be removed. */
  removed: boolean
}

/** By what a setting is set, by its kind. */
export function Control(props: Props) {
  const { t, i18n } = useTranslation(['settings', 'common'])
  const { setting, value, onChange, id, describedBy, disabled, error, removed } = props
  const common = { id, disabled, error, 'aria-describedby': describedBy }
  switch (setting.kind) {
    case 'choice': {
      const options = (setting.choices ?? []).map((choice) => ({
        value: choice,
        label: choiceText(t, setting.key, choice, i18n.language),
      }))
      if (options.length > 3) {
        return (
          <Select {...common} data={options} value={value} onChange={(next) => next && onChange(next)} allowDeselect={false} searchable />
        )
      }
      return (
        <SegmentedControl
          id={id}
          aria-label={keyText(t, setting.key).label}
          aria-describedby={describedBy}
          data={options}
          value={value}
          onChange={onChange}
          disabled={disabled}
          // So long that they would be cut off on a phone.
          orientation={options.some(({ label }) => label.length > 20) ? 'vertical' : 'horizontal'}
          fullWidth
        />
      )
    }
    case 'duration':
      return <DurationControl {...props} />
    case 'integer':
      return (
        <NumberInput
          {...common}
          value={value === '' ? '' : Number(value)}
          onChange={(next) => onChange(String(next))}
          allowDecimal={false}
          allowNegative={false}
          thousandSeparator={setting.key.endsWith('port') ? '' : ' '}
          suffix={suffixOf(setting.key, t('days'), t('mib'))}
          maw={220}
        />
      )
    case 'secret':
      return (
        <PasswordInput
          {...common}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          placeholder={removed ? t('secret.removed') : setting.set ? t('secret.set') : t('secret.unset')}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('secret.show') }}
        />
      )
    default:
      if (setting.key === 'sms.provider') return <ProvidersControl {...props} />
      return (
        <TextInput
          {...common}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          spellCheck={false}
          autoComplete="off"
          {...(setting.kind === 'url' && { type: 'url', inputMode: 'url' as const })}
        />
      )
  }
}

function suffixOf(key: string, days: string, mib: string): string {
  if (key.endsWith('_days')) return ` ${days}`
  return key.endsWith('_mib') ? ` ${mib}` : ''
}

function DurationControl({ setting, value, onChange, id, describedBy, disabled, error }: Props) {
  const { t } = useTranslation(['settings', 'common'])
  const ms = readDuration(value)
  const [unit, setUnit] = useState<Unit>(() => split(ms ?? 0).unit)
  // What comes from elsewhere, such as the default, may have no whole number of the unit.
  const shown = ms === undefined || Number.isInteger(ms / units[unit]) ? unit : split(ms).unit
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start" maw={220}>
      <NumberInput
        id={id}
        aria-describedby={describedBy}
        disabled={disabled}
        error={error}
        value={ms === undefined ? '' : ms / units[shown]}
        onChange={(next) => onChange(next === '' ? '' : `${next}${shown}`)}
        allowDecimal={false}
        allowNegative={false}
        flex={1}
      />
      <Select
        aria-label={t('unit.label', { setting: keyText(t, setting.key).label })}
        disabled={disabled}
        w={84}
        data={(['ms', 's', 'm', 'h'] as const).map((one) => ({ value: one, label: t(`unit.${one}`) }))}
        value={shown}
        allowDeselect={false}
        onChange={(next) => {
          if (!next) return
          setUnit(next as Unit)
          if (ms !== undefined) onChange(`${ms / units[shown]}${next}`)
        }}
      />
    </Group>
  )
}

/** Names of providers in the order in which they are asked. */
function ProvidersControl({ value, onChange, id, describedBy, disabled, error }: Props) {
  const may = useSession().may('sms', 'providers')
  const providers = useQuery({
    queryKey: ['settings', 'providers'],
    queryFn: () => data(client.GET('/sms/providers')),
    enabled: may,
    select: (all) => (all ?? []).map(({ name }) => name),
  })
  return (
    <TagsInput
      id={id}
      aria-describedby={describedBy}
      disabled={disabled}
      error={error}
      data={providers.data ?? []}
      value={value
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean)}
      onChange={(names) => onChange(names.join(', '))}
    />
  )
}
