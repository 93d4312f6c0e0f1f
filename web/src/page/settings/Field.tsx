import { Anchor, Box, Group, Text } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { IconAlertTriangle, IconLock } from '@tabler/icons-react'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '~/text/format'
import { Control } from './Control'
import { type Draft, fieldOf, nameOf } from './draft'
import style from './Field.module.css'
import { durationText, keyText, type Setting, valueText } from './texts'
import { limits } from './value'

interface Props {
  setting: Setting
  form: UseFormReturnType<Draft>
  disabled: boolean
  /** It is the administrator's, and this is none. */
  locked: boolean
}

/** One setting: what it is on one side, by what it is set on the other. */
export function Field({ setting, form, disabled, locked }: Props) {
  const { t, i18n } = useTranslation(['settings', 'common'])
  const format = useFormat()
  const id = useId()
  const name = fieldOf(setting.key)
  const value = form.values.values[nameOf(setting.key)] ?? ''
  const gone = form.values.unset.includes(setting.key)
  const { label, about, lang } = keyText(t, setting.key, setting.help)
  const secret = setting.kind === 'secret'
  const range = setting.kind === 'integer' || setting.kind === 'duration' ? limits(setting.accepts) : undefined
  const change = (next: string) => {
    form.setFieldValue(name, next)
    if (gone) form.setFieldValue('unset', (all) => all.filter((key) => key !== setting.key))
    form.clearFieldError(name)
  }
  const back = () => {
    form.setFieldValue(name, secret ? '' : setting.default)
    form.setFieldValue('unset', (all) => [...all, setting.key])
    form.clearFieldError(name)
  }
  const keep = () => change(secret ? '' : setting.value)
  const backText = setting.default === '' ? t('backEmpty') : t('back', { value: valueText(t, setting, setting.default, i18n.language) })
  const shown = (limit: string) => (setting.kind === 'duration' ? durationText(t, limit) : format.number(Number(limit)))
  const days = setting.key.endsWith('_days') && range?.[0] === '0'
  const hints = [
    days ? (value === '0' ? t('forever') : t('never')) : range && t('range', { from: shown(range[0]), to: shown(range[1]) }),
    setting.source === 'environment' && t('environment'),
    setting.changed_at && t('changed', { at: format.dateTime(setting.changed_at), by: setting.changed_by ?? '' }),
  ].filter(Boolean)
  return (
    <Box className={style.field}>
      <div>
        <Text component="label" htmlFor={id} fw={500} size="sm" lang={lang}>
          {label}
        </Text>
        <Text size="xs" c="dimmed" id={`${id}-about`} lang={lang}>
          {about}
        </Text>
      </div>
      <div className={style.control}>
        <Control
          setting={setting}
          id={id}
          describedBy={`${id}-about ${id}-hint`}
          value={value}
          onChange={change}
          disabled={disabled || locked}
          error={form.errors[name]}
          removed={gone}
        />
        <Group gap="xs" justify="space-between" mt={4} id={`${id}-hint`}>
          <Text size="xs" c="dimmed" className="tabular">
            {gone ? (secret ? t('secret.removed') : t('willBack')) : hints.join(' · ')}
          </Text>
          {!disabled && !locked && gone && (
            <Anchor component="button" type="button" size="xs" onClick={keep}>
              {t('common:action.cancel')}
            </Anchor>
          )}
          {!disabled && !locked && !gone && setting.source === 'database' && (secret ? setting.set : value !== setting.default) && (
            <Anchor component="button" type="button" size="xs" onClick={back}>
              {secret ? t('secret.remove') : backText}
            </Anchor>
          )}
        </Group>
        {locked && (
          <Text size="xs" c="dimmed" className={style.note}>
            <IconLock size={14} aria-hidden /> {t('administrator')}
          </Text>
        )}
        {setting.refused && (
          <Text size="xs" c="var(--mantine-color-error)" className={style.note}>
            <IconAlertTriangle size={14} aria-hidden /> {t('refused', { why: setting.refused })}
          </Text>
        )}
      </div>
    </Box>
  )
}
