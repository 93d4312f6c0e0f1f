import { ActionIcon, Button, Checkbox, Group, Input, NumberInput, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DraftArea, DraftInput } from './Draft'
import {
  type Auth,
  authKinds,
  type BodyKind,
  bodyKinds,
  type Change,
  changed,
  type Description,
  methods,
  type Need,
  pathOf,
  pathsOf,
  pathsText,
  pathText,
  type Sending,
} from './description'
import { JsonArea } from './JsonArea'
import { Pairs } from './Pairs'
import { Rules } from './Rules'

interface Props {
  value: Description
  onChange: (description: Description) => void
  /** What is wrong with its JSON, empty for nothing: it is not what is shown then. */
  onFault: (fault: string) => void
}

const parts = ['request', 'answer', 'json'] as const

/** How a provider over HTTP is asked and what its answers mean: as a form of what most need, or as the whole JSON. */
export function DescriptionForm({ value, onChange, onFault }: Props) {
  const { t } = useTranslation('sms')
  const [part, setPart] = useState<(typeof parts)[number]>('request')
  const [faults, setFaults] = useState({ body: '', whole: '' })
  const fault = (of: keyof typeof faults) => (says: string) => {
    const now = { ...faults, [of]: says }
    setFaults(now)
    onFault(now.body || now.whole)
  }
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label={t('description.heading')}
        data={parts.map((one) => ({ value: one, label: t(`description.${one}`) }))}
        value={part}
        onChange={setPart}
      />
      {/* All of them stay: what cannot be read yet is kept in its field. */}
      <div hidden={part !== 'request'}>
        <RequestPart value={value} onChange={onChange} onFault={fault('body')} />
      </div>
      <div hidden={part !== 'answer'}>
        <AnswerPart value={value} onChange={onChange} />
      </div>
      <div hidden={part !== 'json'}>
        <JsonArea
          label={t('description.json')}
          description={t('description.jsonAbout')}
          minRows={16}
          maxRows={32}
          object
          value={value}
          onChange={(read) => onChange(read as Description)}
          onFault={fault('whole')}
        />
      </div>
    </Stack>
  )
}

type Part = Omit<Props, 'onFault'>

function RequestPart({ value, onChange, onFault }: Props) {
  const { t } = useTranslation('sms')
  const send = value.send ?? {}
  const set = (change: Change<Sending>) => onChange({ ...value, send: changed(send, change) })
  return (
    <Stack gap="sm">
      <TextInput
        label={t('description.title')}
        value={value.title ?? ''}
        onChange={({ currentTarget }) => onChange({ ...value, title: currentTarget.value })}
      />
      <Group gap="sm" align="flex-start" wrap="nowrap">
        <Select
          label={t('description.method')}
          w={100}
          data={methods}
          allowDeselect={false}
          value={send.method ?? 'POST'}
          onChange={(method) => set({ method: method ?? 'POST' })}
        />
        <TextInput
          label={t('description.url')}
          flex={1}
          placeholder="https://"
          value={send.url ?? ''}
          onChange={({ currentTarget }) => set({ url: currentTarget.value })}
        />
      </Group>
      <Text size="xs" c="dimmed">
        {t('description.places')}
      </Text>
      <Select
        label={t('description.number')}
        data={(['plus', 'digits'] as const).map((one) => ({ value: one, label: t(`description.numberForm.${one}`) }))}
        allowDeselect={false}
        value={value.number ?? 'plus'}
        onChange={(number) => onChange({ ...value, number: number === 'digits' ? 'digits' : 'plus' })}
      />
      <Needs needs={value.needs ?? []} onChange={(needs) => onChange({ ...value, needs })} />
      <AuthPart auth={send.auth ?? {}} onChange={(auth) => set({ auth })} />
      <BodyPart send={send} onChange={(next) => onChange({ ...value, send: next })} onFault={onFault} />
      <Pairs label={t('description.query')} value={send.query ?? {}} onChange={(query) => set({ query: some(query) })} />
      <Pairs label={t('description.headers')} value={send.headers ?? {}} onChange={(headers) => set({ headers: some(headers) })} />
      <NumberInput
        label={t('description.timeout')}
        min={1}
        max={300}
        placeholder="30"
        allowDecimal={false}
        w={220}
        value={send.timeout ?? ''}
        onChange={(timeout) => set({ timeout: typeof timeout === 'number' ? timeout : undefined })}
      />
    </Stack>
  )
}

/** Nothing, where there is nothing in it; as a change of what may be left out. */
const some = (pairs: Record<string, string>) => (Object.keys(pairs).length > 0 ? pairs : undefined)

function Needs({ needs, onChange }: { needs: readonly Need[]; onChange: (needs: Need[]) => void }) {
  const { t } = useTranslation(['sms', 'common'])
  const change = (n: number, to: Partial<Need>) => onChange(needs.map((need, m) => (m === n ? { ...need, ...to } : need)))
  return (
    <Input.Wrapper label={t('description.needs')} description={t('description.needsAbout')} labelElement="div">
      <Stack gap={6} mt={4}>
        {needs.map((need, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the name changes while one types it
          <Group key={n} gap="sm">
            <TextInput
              aria-label={`${t('pairs.name')} ${n + 1}`}
              placeholder={t('pairs.name')}
              flex="1 1 6rem"
              value={need.name}
              onChange={({ currentTarget }) => change(n, { name: currentTarget.value })}
            />
            <TextInput
              aria-label={`${t('description.needTitle')} ${n + 1}`}
              placeholder={t('description.needTitle')}
              flex="2 1 8rem"
              value={need.title}
              onChange={({ currentTarget }) => change(n, { title: currentTarget.value })}
            />
            <Checkbox
              label={t('description.secret')}
              checked={need.secret ?? false}
              onChange={({ currentTarget }) => change(n, { secret: currentTarget.checked })}
            />
            <Checkbox
              label={t('description.optional')}
              checked={need.optional ?? false}
              onChange={({ currentTarget }) => change(n, { optional: currentTarget.checked })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${t('common:action.delete')}: ${need.name || n + 1}`}
              onClick={() => onChange(needs.filter((_, m) => m !== n))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        <div>
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={14} />}
            onClick={() => onChange([...needs, { name: '', title: '' }])}
          >
            {t('common:action.add')}
          </Button>
        </div>
      </Stack>
    </Input.Wrapper>
  )
}

const authFields: Readonly<Record<(typeof authKinds)[number], readonly (keyof Omit<Auth, 'kind'>)[]>> = {
  none: [],
  basic: ['user', 'password'],
  bearer: ['token'],
  header: ['name', 'value'],
  query: ['name', 'value'],
}

function AuthPart({ auth, onChange }: { auth: Auth; onChange: (auth: Auth | undefined) => void }) {
  const { t } = useTranslation('sms')
  const kind = auth.kind ?? 'none'
  return (
    <Group gap="sm" align="flex-start">
      <Select
        label={t('description.auth')}
        flex="1 1 12rem"
        data={authKinds.map((one) => ({ value: one, label: t(`description.authKind.${one}`) }))}
        allowDeselect={false}
        value={kind}
        onChange={(next) => {
          const chosen = authKinds.find((one) => one === next) ?? 'none'
          onChange(chosen === 'none' ? undefined : { kind: chosen })
        }}
      />
      {authFields[kind].map((field) => (
        <TextInput
          key={field}
          label={t(`description.authField.${field}`)}
          flex="1 1 9rem"
          value={auth[field] ?? ''}
          onChange={({ currentTarget }) => onChange({ ...auth, [field]: currentTarget.value })}
        />
      ))}
    </Group>
  )
}

interface BodyProps {
  send: Sending
  onChange: (send: Sending) => void
  onFault: (fault: string) => void
}

function BodyPart({ send, onChange, onFault }: BodyProps) {
  const { t } = useTranslation('sms')
  const kind: BodyKind = send.form ? 'form' : send.json !== undefined ? 'json' : 'none'
  const choose = (next: string) => {
    const { form, json, ...rest } = send
    onFault('') // what could not be read goes with its field
    if (next === 'form') onChange({ ...rest, form: form ?? flat(json) })
    else if (next === 'json') onChange({ ...rest, json: json ?? form ?? {} })
    else onChange(rest)
  }
  return (
    <Stack gap={6}>
      <Input.Wrapper label={t('description.body')} labelElement="div">
        <div>
          <SegmentedControl
            mt={4}
            size="xs"
            aria-label={t('description.body')}
            data={bodyKinds.map((one) => ({ value: one, label: t(`description.bodyKind.${one}`) }))}
            value={kind}
            onChange={choose}
          />
        </div>
      </Input.Wrapper>
      {kind === 'form' && (
        <Pairs label={t('description.fields')} value={send.form ?? {}} onChange={(form) => onChange({ ...send, form })} />
      )}
      {kind === 'json' && (
        <JsonArea
          aria-label={t('description.bodyKind.json')}
          minRows={4}
          maxRows={16}
          value={send.json}
          onChange={(json) => onChange({ ...send, json })}
          onFault={onFault}
        />
      )}
    </Stack>
  )
}

/** The texts of a JSON object, for a form. */
const flat = (json: unknown): Record<string, string> =>
  json !== null && typeof json === 'object'
    ? Object.fromEntries(Object.entries(json).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
    : { to: '{number}', text: '{text}' }

function AnswerPart({ value, onChange }: Part) {
  const { t } = useTranslation('sms')
  const send = value.send ?? {}
  const set = (change: Change<Sending>) => onChange({ ...value, send: changed(send, change) })
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t('description.answerAbout')}
      </Text>
      <Rules
        label={t('description.taken')}
        about={t('description.takenAbout')}
        rules={send.taken ?? []}
        onChange={(taken) => set({ taken })}
      />
      <Rules
        label={t('description.later')}
        about={t('description.laterAbout')}
        rules={send.later ?? []}
        onChange={(later) => set({ later: later.length > 0 ? later : undefined })}
        waits
      />
      <Rules
        label={t('description.refused')}
        about={t('description.refusedAbout')}
        rules={send.refused ?? []}
        onChange={(refused) => set({ refused: refused.length > 0 ? refused : undefined })}
      />
      <DraftInput
        label={t('description.id')}
        description={t('description.pathAbout')}
        value={pathText(send.id)}
        onChange={(typed) => set({ id: pathOf(typed) })}
      />
      <DraftArea
        label={t('description.reason')}
        description={t('description.reasonAbout')}
        autosize
        minRows={1}
        value={pathsText(send.reason)}
        onChange={(typed) => set({ reason: pathsOf(typed) })}
      />
    </Stack>
  )
}
