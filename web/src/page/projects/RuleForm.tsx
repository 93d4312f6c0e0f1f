import {
  Alert,
  Button,
  Checkbox,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  TextInput,
} from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Tagged, tagged } from '~/api/client'
import { isProblem, Problem } from '~/api/problem'
import { useConfirm } from '~/part/Confirm'
import { Loaded } from '~/part/Loaded'
import { ProblemNote } from '~/part/ProblemNote'
import { useProjects } from '~/part/projects'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { isHidden, type Rule, rulesQuery } from './api'
import { places, useWords } from './words'

interface Props {
  /** Without it a new one is made. */
  rule?: Rule
  title?: string
  onClose: () => void
}

/** Where calls may go, for all, a user or a project. */
export function RuleForm({ rule, title = '', onClose }: Props) {
  const known = useQuery({
    queryKey: ['destination-rules', rule?.for],
    queryFn: () => tagged(client.GET('/destination-rule', { params: { query: { for: rule?.for ?? '' } } })),
    enabled: rule !== undefined,
    staleTime: 0,
    gcTime: 0,
  })
  if (!rule) return <Form onReload={() => known.refetch()} onClose={onClose} title={title} />
  return <Loaded query={known}>{(kept) => <Form rule={kept} onReload={() => known.refetch()} onClose={onClose} title={title} />}</Loaded>
}

/** What a rule says, but for whom. */
const limitsOf = (rule: Rule | undefined) => ({
  allow: rule?.allow ?? [],
  deny: rule?.deny ?? [],
  min_length: rule?.min_length ?? 0,
  max_length: rule?.max_length ?? 0,
  concurrent: rule?.concurrent ?? 0,
  daily: rule?.daily ?? 0,
  codes: rule?.codes ?? false,
})

const kinds = ['all', 'user', 'project'] as const

interface FormProps {
  rule?: Tagged<Rule>
  title: string
  onClose: () => void
  onReload: () => Promise<{ data?: Tagged<Rule> | undefined }>
}

function Form({ rule, title, onClose, onReload }: FormProps) {
  const { t } = useTranslation(['projects', 'common'])
  const session = useSession()
  const queries = useQueryClient()
  const projects = useProjects()
  const confirm = useConfirm()
  const say = useWords()
  const limited = session.projects.length > 0
  const old = rule?.value
  const hidden = [...(old?.allow ?? []), ...(old?.deny ?? [])].some(isHidden)
  const form = useForm({
    initialValues: { kind: limited ? 'project' : 'all', of: limited ? (session.projects[0] ?? '') : '', ...limitsOf(old) },
    validate: { of: (of, { kind }) => (!rule && kind !== 'all' && of.trim() === '' ? t('required') : null) },
  })
  const done = () => {
    // Without the rule itself, which is read when it is opened again: it may be gone.
    void queries.invalidateQueries({ queryKey: rulesQuery.queryKey, exact: true })
    onClose()
  }
  const save = useSave(
    form,
    async ({ kind, of, ...body }) => {
      const scope = old?.for ?? (kind === 'all' ? 'all' : `${kind}:${of.trim()}`)
      // A rule that is there would be changed, and not made.
      if (!old && queries.getQueryData(rulesQuery.queryKey)?.some((one) => one.for === scope)) {
        throw new Problem(422, { errors: [{ location: kind === 'all' ? 'kind' : 'of', message: t('rules.exists') }] })
      }
      return data(
        client.PATCH('/destination-rules', { params: { query: { for: scope }, ...(rule && { header: ifMatch(rule.etag) }) }, body }),
      )
    },
    {
      fields: places,
      say,
      onSaved: () => {
        notifications.show({ message: t('saved'), color: 'green' })
        done()
      },
    },
  )
  const reload = async () => {
    const before: Record<string, unknown> = limitsOf(old)
    const { kind, of, ...typed } = form.getValues()
    const mine = Object.entries(typed).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key]))
    const { data: fresh } = await onReload()
    const now = { kind, of, ...limitsOf(fresh?.value) }
    form.setValues({ ...now, ...Object.fromEntries(mine) })
    form.resetDirty(now)
  }
  const remove = useMutation({
    mutationFn: () =>
      data(
        client.DELETE('/destination-rules', { params: { query: { for: old?.for ?? '' }, ...(rule && { header: ifMatch(rule.etag) }) } }),
      ),
    onSuccess: () => {
      notifications.show({ message: t('rules.removed') })
      done()
    },
  })
  const ask = async () => {
    const yes = await confirm({
      title: t('rules.removeTitle', { of: title }),
      text: t('rules.removeText'),
      action: t('rules.remove'),
      danger: true,
    })
    if (yes) remove.mutate()
  }
  const { kind } = form.values
  const count = (name: 'min_length' | 'max_length' | 'concurrent' | 'daily', label: string) => (
    <NumberInput label={label} description={t('rules.zero')} allowDecimal={false} allowNegative={false} {...form.getInputProps(name)} />
  )
  return (
    <form onSubmit={save.submit} noValidate>
      <Stack gap="md">
        {hidden && <Alert>{t('rules.hidden')}</Alert>}
        {!rule && (
          <div>
            <SegmentedControl
              aria-label={t('rules.for')}
              fullWidth
              disabled={limited}
              data={kinds.map((one) => ({ value: one, label: t(`rules.kind.${one}`) }))}
              value={kind}
              onChange={(next) => {
                form.setFieldValue('kind', next)
                form.setFieldValue('of', '')
                form.clearErrors()
              }}
            />
            {form.errors.kind && (
              <Alert color="red" mt="xs" role="alert">
                {form.errors.kind}
              </Alert>
            )}
          </div>
        )}
        {!rule && kind === 'user' && <TextInput label={t('rules.login')} autoComplete="off" {...form.getInputProps('of')} />}
        {!rule && kind === 'project' && (
          <Select
            label={t('rules.kind.project')}
            searchable
            data={projects.map(({ id, name }) => ({ value: id, label: name }))}
            {...form.getInputProps('of')}
            onChange={(id) => form.setFieldValue('of', id ?? '')}
          />
        )}
        <TagsInput
          label={t('rules.allow')}
          description={t('rules.allowAbout')}
          inputMode="tel"
          splitChars={[',', ';', ' ', '\n']}
          acceptValueOnBlur
          {...form.getInputProps('allow')}
        />
        <TagsInput
          label={t('rules.deny')}
          description={t('rules.denyAbout')}
          inputMode="tel"
          splitChars={[',', ';', ' ', '\n']}
          acceptValueOnBlur
          {...form.getInputProps('deny')}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
          {count('min_length', t('rules.minLength'))}
          {count('max_length', t('rules.maxLength'))}
          {count('concurrent', t('rules.concurrentField'))}
          {count('daily', t('rules.dailyField'))}
        </SimpleGrid>
        <Checkbox label={t('rules.codes')} description={t('rules.codesAbout')} {...form.getInputProps('codes', { type: 'checkbox' })} />
        {save.failure !== undefined && (
          <ProblemNote failure={save.failure}>
            {rule && isProblem(save.failure, 412) && (
              <Button variant="default" mt="xs" onClick={() => void reload()}>
                {t('common:action.reload')}
              </Button>
            )}
          </ProblemNote>
        )}
        {remove.isError && <ProblemNote failure={remove.error} />}
        <Group justify="space-between" gap="xs">
          {rule ? (
            <Button variant="default" c="var(--mantine-color-error)" loading={remove.isPending} onClick={() => void ask()}>
              {t('rules.remove')}
            </Button>
          ) : (
            <span />
          )}
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={save.saving} disabled={hidden || (rule !== undefined && !form.isDirty())}>
              {rule ? t('common:action.save') : t('rules.create')}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}
