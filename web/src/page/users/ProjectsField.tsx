import { MultiSelect, Radio, Stack, TagsInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { projectLabel, useProjectNames } from '~/part/projects'

/** Which projects: all of them, or those that are chosen. */
export interface Reach {
  all: boolean
  chosen: string[]
}

interface Props {
  value?: Reach
  onChange: (reach: Reach) => void
  /** What all of them are called: all there are, or all that somebody else sees. */
  allLabel: string
  mayAll: boolean
  /** Among which to choose; without it among all. */
  among?: readonly string[]
  disabled?: boolean
  error?: React.ReactNode
}

const all: Reach = { all: true, chosen: [] }

/** Whose data is seen. */
export function ProjectsField({ value = all, onChange, allLabel, mayAll, among = [], disabled = false, error }: Props) {
  const { t } = useTranslation('users')
  const names = useProjectNames()
  const ids = [...new Set([...(among.length > 0 ? among : names.map(({ id }) => id)), ...value.chosen])]
  const list = {
    'aria-label': t('projects.chosen'),
    placeholder: value.chosen.length === 0 ? t('projects.choose') : '',
    value: value.chosen,
    onChange: (chosen: string[]) => onChange({ all: false, chosen }),
    disabled,
    error,
    clearable: true,
  }
  return (
    <Stack gap="xs">
      <Radio.Group
        value={value.all ? 'all' : 'some'}
        onChange={(way) => onChange({ ...value, all: way === 'all' })}
        aria-label={t('projects.title')}
      >
        <Stack gap="xs">
          <Radio value="all" label={allLabel} disabled={disabled || !mayAll} />
          <Radio value="some" label={t('projects.some')} disabled={disabled} />
        </Stack>
      </Radio.Group>
      {!value.all &&
        // Who may not see the projects can still name them.
        (ids.length > 0 ? (
          <MultiSelect
            {...list}
            data={ids.map((id) => ({ value: id, label: projectLabel(names, id) }))}
            searchable
            hidePickedOptions
            maw={480}
          />
        ) : (
          <TagsInput {...list} maw={480} />
        ))}
    </Stack>
  )
}
