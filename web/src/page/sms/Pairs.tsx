import { ActionIcon, Button, Group, Input, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  label: string
  about?: string
  value: Readonly<Record<string, string>>
  onChange: (value: Record<string, string>) => void
}

/** Names with values: of a form, a query, a head. */
export function Pairs({ label, about, value, onChange }: Props) {
  const { t } = useTranslation(['sms', 'common'])
  // As they are typed: a name may be empty, or be there twice, for a moment.
  const [rows, setRows] = useState(() => Object.entries(value))
  const asTyped = JSON.stringify(Object.fromEntries(rows.filter(([name]) => name)))
  const shown = asTyped === JSON.stringify(value) ? rows : Object.entries(value)
  const change = (next: [string, string][]) => {
    setRows(next)
    onChange(Object.fromEntries(next.filter(([name]) => name)))
  }
  return (
    <Input.Wrapper label={label} description={about} labelElement="div">
      <Stack gap={6} mt={4}>
        {shown.map(([name, text], n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have nothing else that stays while one types
          <Group key={n} gap={6} wrap="nowrap">
            <TextInput
              aria-label={`${label}: ${t('pairs.name')} ${n + 1}`}
              placeholder={t('pairs.name')}
              flex="1 1 0"
              value={name}
              onChange={({ currentTarget }) => change(shown.map((row, m) => (m === n ? [currentTarget.value, text] : row)))}
            />
            <TextInput
              aria-label={`${label}: ${t('pairs.value')} ${n + 1}`}
              placeholder={t('pairs.value')}
              flex="2 1 0"
              value={text}
              onChange={({ currentTarget }) => change(shown.map((row, m) => (m === n ? [name, currentTarget.value] : row)))}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${t('common:action.delete')}: ${name || n + 1}`}
              onClick={() => change(shown.filter((_, m) => m !== n))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        <div>
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => setRows([...shown, ['', '']])}>
            {t('common:action.add')}
          </Button>
        </div>
      </Stack>
    </Input.Wrapper>
  )
}
