import { Button, Collapse, NumberInput, Select, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { mainFields, moreFields, type Smpp, type SmppField } from './smpp'

interface Props {
  value: Smpp
  onChange: (value: Smpp) => void
}

interface FormProps extends Props {
  /** What is to be given beside it, such as the password. */
  children: ReactNode
}

/** How an SMSC is reached over SMPP. */
export function SmppForm({ value, onChange, children }: FormProps) {
  const { t } = useTranslation('sms')
  const [more, { toggle }] = useDisclosure(moreFields.some(({ key }) => value[key] !== undefined))
  const field = (one: SmppField) => <Field key={one.key} field={one} value={value} onChange={onChange} />
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" style={{ alignItems: 'start' }}>
        {mainFields.map(field)}
      </SimpleGrid>
      {children}
      <div>
        <Button
          size="compact-sm"
          variant="subtle"
          aria-expanded={more}
          rightSection={more ? <IconChevronUp size={14} /> : <IconChevronDown size={14} />}
          onClick={toggle}
        >
          {t('smpp.more')}
        </Button>
      </div>
      <Collapse expanded={more}>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" style={{ alignItems: 'start' }}>
          {moreFields.map(field)}
        </SimpleGrid>
      </Collapse>
    </Stack>
  )
}

function Field({ field, value, onChange }: Props & { field: SmppField }) {
  const { t } = useTranslation('sms')
  const { key } = field
  const usual = 'default' in field ? field.default : undefined
  const set = (next: string | number | boolean | undefined) => {
    const { [key]: _, ...rest } = value
    onChange(next === undefined || next === '' ? rest : { ...rest, [key]: next })
  }
  const label = t(`smpp.field.${key}`)
  const now = value[key]
  switch (field.kind) {
    case 'switch':
      return (
        <Switch
          pb={8}
          style={{ alignSelf: 'end' }}
          label={label}
          checked={Boolean(now ?? usual)}
          onChange={({ currentTarget }) => set(currentTarget.checked)}
        />
      )
    case 'choice':
      return (
        <Select
          label={label}
          data={field.choices.map((one) => ({ value: one, label: t(`smpp.choice.${one}`) }))}
          allowDeselect={false}
          value={String(now ?? usual)}
          onChange={(next) => set(next === null || next === usual ? undefined : next)}
        />
      )
    case 'number':
      return (
        <NumberInput
          label={label}
          min={0}
          allowDecimal={false}
          placeholder={usual === undefined ? t('smpp.auto') : String(usual)}
          value={typeof now === 'number' ? now : ''}
          onChange={(next) => set(typeof next === 'number' ? next : undefined)}
        />
      )
    case 'text':
      return (
        <TextInput
          label={label}
          placeholder={key === 'addr' ? 'smsc.example.com:2775' : ''}
          value={now === undefined ? '' : String(now)}
          onChange={({ currentTarget }) => set(currentTarget.value)}
        />
      )
  }
}
