import { Autocomplete, Group, Input, Select, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import style from './StepField.module.css'
import { causes, causeText, isExecuted, readStep, type Verb, verbs, writeStep } from './step'

interface Props {
  label: string
  value: string
  onChange: (value: string) => void
  /** What is done where nothing is chosen. */
  none: string
  queues: readonly string[]
  error?: ReactNode
  disabled?: boolean
  /** May say what FreeSWITCH executes. */
  texts: boolean
}

/** One thing that is done with a call. */
export function StepField({ label, value, onChange, none, queues, error, disabled = false, texts }: Props) {
  const { t } = useTranslation('projects')
  const { verb, target } = readStep(value)
  // What is there already may stay; it may not become another.
  const locked = disabled || (!texts && isExecuted(verb))
  const toVerb = (next: Verb | '') => {
    const first = next === 'hangup' ? 'NORMAL_CLEARING' : next === 'queue' ? (queues[0] ?? '') : ''
    onChange(writeStep({ verb: next, target: first }))
  }
  const toTarget = (next: string) => onChange(writeStep({ verb, target: next }))
  const common = {
    disabled: locked,
    'aria-label': t('step.ofField', { field: label, part: verb && verb !== 'continue' ? t(`step.target.${verb}`) : '' }),
  }
  return (
    <Input.Wrapper label={label} error={error} labelElement="div">
      <Group gap="xs" className={style.step}>
        <Select
          aria-label={label}
          disabled={locked}
          allowDeselect={false}
          data={[
            { value: '', label: none },
            ...verbs
              .filter((one) => one !== 'continue' || none !== t('step.none.other'))
              .map((one) => ({ value: one, label: t(`step.verb.${one}`), disabled: !texts && isExecuted(one) })),
          ]}
          value={verb === 'continue' && none === t('step.none.other') ? '' : verb}
          onChange={(next) => toVerb((next ?? '') as Verb | '')}
        />
        {verb === 'queue' && (
          <Autocomplete
            {...common}
            data={[...queues]}
            value={target}
            onChange={toTarget}
            placeholder={t('step.example.queue')}
            error={Boolean(error)}
          />
        )}
        {(verb === 'bridge' || verb === 'transfer') && (
          <TextInput
            {...common}
            value={target}
            onChange={(event) => toTarget(event.currentTarget.value)}
            placeholder={t(`step.example.${verb}`)}
            spellCheck={false}
            autoComplete="off"
            error={Boolean(error)}
          />
        )}
        {verb === 'hangup' && (
          <Select
            {...common}
            allowDeselect={false}
            data={[...new Set([...causes, target])].map((cause) => ({ value: cause, label: causeText(t, cause) }))}
            value={target}
            onChange={(next) => next && toTarget(next)}
          />
        )}
      </Group>
    </Input.Wrapper>
  )
}
