import { ActionIcon, Button, Group, Input, NumberInput, Paper, Select, Stack } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { DraftInput } from './Draft'
import { type Change, type Comparison, changed, comparisonOf, comparisons, condition, pathText, type Rule } from './description'

interface Props {
  label: string
  about: string
  rules: readonly Rule[]
  onChange: (rules: Rule[]) => void
  /** A rule may say how long to wait. */
  waits?: boolean
}

/** Rules by which an answer is known: one that holds is enough, and it holds when all that it has does. */
export function Rules({ label, about, rules, onChange, waits = false }: Props) {
  const { t } = useTranslation(['sms', 'common'])
  const change = (n: number, to: Change<Rule>) => onChange(rules.map((old, m) => (m === n ? changed(old, to) : old)))
  return (
    <Input.Wrapper label={label} description={about} labelElement="div">
      <Stack gap={8} mt={6}>
        {rules.map((rule, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rules have nothing that stays while one types
          <Paper key={n} withBorder p="xs">
            <Stack gap={6}>
              <Group gap={6} align="flex-end" wrap="nowrap">
                <DraftInput
                  size="xs"
                  flex="1 1 0"
                  label={t('rule.status')}
                  placeholder={t('rule.anyStatus')}
                  value={rule.status === undefined ? '' : String(rule.status)}
                  onChange={(status) => change(n, { status: status.trim() })}
                />
                {waits && (
                  <NumberInput
                    size="xs"
                    flex="1 1 0"
                    label={t('rule.wait')}
                    min={0}
                    allowDecimal={false}
                    value={rule.wait ?? ''}
                    onChange={(wait) => change(n, { wait: typeof wait === 'number' ? wait : undefined })}
                  />
                )}
                <DraftInput
                  size="xs"
                  flex="2 1 0"
                  label={t('rule.body')}
                  value={rule.body ?? ''}
                  onChange={(body) => change(n, { body })}
                />
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`${t('rule.remove')}: ${label}, ${n + 1}`}
                  onClick={() => onChange(rules.filter((_, m) => m !== n))}
                >
                  <IconX size={16} />
                </ActionIcon>
              </Group>
              <Conditions rule={rule} onChange={(where) => change(n, { where: where.length > 0 ? where : undefined })} />
            </Stack>
          </Paper>
        ))}
        <div>
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => onChange([...rules, {}])}>
            {t('rule.add')}
          </Button>
        </div>
      </Stack>
    </Input.Wrapper>
  )
}

function Conditions({ rule, onChange }: { rule: Rule; onChange: (where: NonNullable<Rule['where']>) => void }) {
  const { t } = useTranslation(['sms', 'common'])
  const where = rule.where ?? []
  return (
    <>
      {where.map((one, n) => {
        const { kind, value } = comparisonOf(one)
        const set = (path: string, how: Comparison, what: string) =>
          onChange(where.map((old, m) => (m === n ? condition(path, how, what) : old)))
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have nothing that stays while one types
          <Group key={n} gap={6} align="flex-end" wrap="wrap">
            <DraftInput
              size="xs"
              flex="2 1 7rem"
              label={t('rule.path')}
              value={pathText(one.path)}
              onChange={(path) => set(path, kind, value)}
            />
            <Select
              size="xs"
              flex="1 1 7rem"
              label={t('rule.comparison')}
              data={comparisons.map((how) => ({ value: how, label: t(`rule.${how}`) }))}
              allowDeselect={false}
              value={kind}
              onChange={(how) =>
                set(pathText(one.path), (how ?? 'equals') as Comparison, how === 'present' ? 'true' : kind === 'present' ? '' : value)
              }
            />
            {kind === 'present' ? (
              <Select
                size="xs"
                flex="1 1 6rem"
                label={t('rule.value')}
                data={[
                  { value: 'true', label: t('rule.yes') },
                  { value: 'false', label: t('rule.no') },
                ]}
                allowDeselect={false}
                value={value}
                onChange={(what) => set(pathText(one.path), kind, what ?? 'true')}
              />
            ) : (
              <DraftInput
                size="xs"
                flex="1 1 6rem"
                label={t('rule.value')}
                value={value}
                onChange={(what) => set(pathText(one.path), kind, what)}
              />
            )}
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${t('rule.removeCondition')} ${n + 1}`}
              onClick={() => onChange(where.filter((_, m) => m !== n))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        )
      })}
      <div>
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...where, { path: '', equals: '' }])}
        >
          {t('rule.addCondition')}
        </Button>
      </div>
    </>
  )
}
