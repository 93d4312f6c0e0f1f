import { Box, Button, Checkbox, Group, Input, Paper, Pill, SimpleGrid, Stack, Switch, Text, TextInput, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconSearch } from '@tabler/icons-react'
import { type ReactNode, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWording } from '~/text/wording'
import style from './RightsField.module.css'
import { allows, any, cover, everything, type Given, type Preset, presets, right, setAction, setModule, setRight, strays } from './rights'

interface Props {
  value?: readonly string[]
  onChange: (rights: string[]) => void
  catalogue: readonly Given[]
  /** What can be given at most: nobody gives away more than he has. */
  most: readonly string[]
  disabled?: boolean
  error?: ReactNode
  /** Offers what people of some kinds usually need. */
  withPresets?: boolean
}

const none: readonly string[] = []

/** Rights as a matrix: modules, and what can be done in each. */
export function RightsField({ value = none, onChange, catalogue, most, disabled = false, error, withPresets = false }: Props) {
  const { t } = useTranslation('users')
  const wording = useWording()
  const [find, setFind] = useState('')
  const all = value.includes(everything)
  const wanted = find.trim().toLowerCase()
  const fits = (name: string, { title, about }: Pick<Given, 'title' | 'about'>) =>
    [name, wording(title), wording(about)].some((text) => text.toLowerCase().includes(wanted))
  const shown = catalogue.flatMap((module) => {
    const actions = fits(module.module, module)
      ? module.actions
      : module.actions.filter((action) => fits(right(module.module, action.action), action))
    return actions.length > 0 ? [{ module, actions }] : []
  })
  const documented = shown.filter(({ module }) => module.actions.some((action) => action.documented))
  const others = shown.filter(({ module }) => !module.actions.some((action) => action.documented))
  const row = ({ module, actions }: (typeof shown)[number]) => (
    <ModuleRow
      key={module.module}
      module={module}
      actions={actions}
      value={value}
      onChange={onChange}
      most={most}
      disabled={disabled}
      unfold={wanted !== ''}
    />
  )
  return (
    <Stack gap="sm">
      {error && <Input.Error role="alert">{error}</Input.Error>}
      {withPresets && !disabled && (
        <Group gap={6}>
          <Text size="sm" c="dimmed">
            {t('presets.label')}
          </Text>
          {(Object.keys(presets) as Preset[]).map((name) => (
            <Button
              key={name}
              variant="default"
              size="compact-sm"
              fw={400}
              title={t(`presets.${name}About`)}
              disabled={!cover(most, presets[name])}
              onClick={() => onChange([...presets[name]])}
            >
              {t(`presets.${name}`)}
            </Button>
          ))}
        </Group>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm">
        <Wide
          label={t('wide.all')}
          about={t('wide.allAbout')}
          checked={all}
          disabled={disabled || !allows(most, any, any)}
          onChange={(on) => onChange(on ? [everything] : [])}
        />
        <Wide
          label={t('wide.numbers')}
          about={t('wide.numbersAbout')}
          checked={allows(value, 'numbers', 'see')}
          disabled={disabled || all || value.includes('numbers/*') || !allows(most, 'numbers', 'see')}
          onChange={(on) => onChange(setRight(value, 'numbers/see', on))}
        />
        <Wide
          label={t('wide.recordings')}
          about={t('wide.recordingsAbout')}
          checked={allows(value, 'recordings', 'listen')}
          disabled={disabled || all || value.includes('recordings/*') || !allows(most, 'recordings', 'listen')}
          onChange={(on) => onChange(setRight(value, 'recordings/listen', on))}
        />
        <Wide
          label={t('wide.see')}
          about={t('wide.seeAbout')}
          checked={allows(value, any, 'see')}
          disabled={disabled || all || !allows(most, any, 'see')}
          onChange={(on) => onChange(setRight(value, right(any, 'see'), on))}
        />
      </SimpleGrid>
      {!all && (
        <>
          <TextInput
            label={t('findRight')}
            type="search"
            leftSection={<IconSearch size={16} />}
            value={find}
            onChange={(event) => setFind(event.currentTarget.value)}
            maw={320}
          />
          {shown.length === 0 && (
            <Text size="sm" c="dimmed">
              {t('noRight')}
            </Text>
          )}
          <Section title={t('documented')}>{documented.map(row)}</Section>
          <Section title={t('modern')}>{others.map(row)}</Section>
          <Strays value={value} onChange={onChange} catalogue={catalogue} disabled={disabled} />
        </>
      )}
    </Stack>
  )
}

interface WideProps {
  label: string
  about: string
  checked: boolean
  disabled: boolean
  onChange: (on: boolean) => void
}

/** A right of which one wants to know at once whether somebody has it. */
const Wide = ({ label, about, checked, disabled, onChange }: WideProps) => (
  <Switch
    label={label}
    description={about}
    checked={checked}
    disabled={disabled}
    onChange={(event) => onChange(event.currentTarget.checked)}
  />
)

function Section({ title, children }: { title: string; children: ReactNode[] }) {
  if (children.length === 0) return null
  return (
    <div>
      <Title order={3} size="h5" mb={6}>
        {title}
      </Title>
      <Paper withBorder className={style.matrix}>
        {children}
      </Paper>
    </div>
  )
}

interface RowProps {
  module: Given
  actions: Given['actions']
  value: readonly string[]
  onChange: (rights: string[]) => void
  most: readonly string[]
  disabled: boolean
  /** On a phone the actions of a module are there when they are asked for, or looked for. */
  unfold: boolean
}

/** A module of the matrix: all of it, and each of its actions. */
function ModuleRow({ module, actions, value, onChange, most, disabled, unfold }: RowProps) {
  const { t } = useTranslation('users')
  const wording = useWording()
  const id = useId()
  const name = module.module
  const whole = allows(value, name, any)
  const had = module.actions.filter(({ action }) => allows(value, name, action)).length
  const [unfolded, { toggle }] = useDisclosure()
  const open = unfolded || unfold
  return (
    <fieldset aria-labelledby={id} className={style.row}>
      <Box>
        <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
          <Text size="sm" fw={600} id={id}>
            {wording(module.title)}
          </Text>
          <Button
            className={style.unfold}
            variant="subtle"
            color="gray"
            size="compact-sm"
            fw={400}
            aria-expanded={open}
            aria-controls={`${id}-actions`}
            aria-label={t('unfold', { title: wording(module.title) })}
            onClick={toggle}
            rightSection={<IconChevronDown size={14} aria-hidden />}
          >
            {t('ofAll', { count: had, all: module.actions.length })}
          </Button>
        </Group>
        {(module.actions.length > 1 || whole) && (
          <Checkbox
            mt={6}
            size="xs"
            label={t('whole')}
            aria-label={t('wholeOf', { title: wording(module.title) })}
            checked={whole}
            indeterminate={had > 0 && !whole}
            disabled={disabled || !allows(most, name, any)}
            onChange={(event) => onChange(setModule(value, name, event.currentTarget.checked))}
          />
        )}
      </Box>
      <SimpleGrid
        id={`${id}-actions`}
        className={style.cells}
        data-open={open || undefined}
        cols={{ base: 1, sm: 2, xl: 3 }}
        spacing="sm"
        verticalSpacing="xs"
      >
        {actions.map(({ action, title, about }) => {
          const on = allows(value, name, action)
          // What a wildcard over all modules gives is not taken away here.
          const fixed = on && (value.includes(right(any, action)) || value.includes(everything))
          return (
            <Checkbox
              key={action}
              label={wording(title)}
              description={wording(about)}
              checked={on}
              disabled={disabled || fixed || (!on && !allows(most, name, action))}
              onChange={(event) => onChange(setAction(value, module, action, event.currentTarget.checked))}
            />
          )
        })}
      </SimpleGrid>
    </fieldset>
  )
}

interface StraysProps {
  value: readonly string[]
  onChange: (rights: string[]) => void
  catalogue: readonly Given[]
  disabled: boolean
}

/** Rights for which there is no box: they are kept until they are taken away. */
function Strays({ value, onChange, catalogue, disabled }: StraysProps) {
  const { t } = useTranslation('users')
  const others = strays(value, catalogue)
  if (others.length === 0) return null
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {t('strays')}
      </Text>
      <Pill.Group>
        {others.map((text) => (
          <Pill
            key={text}
            withRemoveButton={!disabled}
            onRemove={() => onChange(setRight(value, text, false))}
            removeButtonProps={{ 'aria-label': t('remove', { what: text }), 'aria-hidden': false, tabIndex: 0 }}
          >
            {text}
          </Pill>
        ))}
      </Pill.Group>
    </div>
  )
}
