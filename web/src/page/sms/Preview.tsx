import { Badge, Box, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { CodeBlock } from '~/part/CodeBlock'
import { Facts } from '~/part/Facts'
import { ProblemNote } from '~/part/ProblemNote'
import type { Description } from './description'

interface Props {
  preset: string
  description: Description | undefined
  /** Those that are not secret. */
  values: Readonly<Record<string, string>>
}

/** How the provider would be asked, as one types. The API itself makes the request, so that it is the one that goes out. */
export function Preview({ preset, description, values }: Props) {
  const { t } = useTranslation('sms')
  const [message, setMessage] = useState({ phone: '+7 919 000-00-00', text: t('preview.example'), originator: 'FRONTLINE' })
  const [asked] = useDebouncedValue({ preset, description, values, ...message }, 350)
  const { phone, text } = asked
  const ready =
    /^\+?[\d\s()-]{5,}$/.test(phone) &&
    text.trim() !== '' &&
    (!asked.description || /^https?:\/\/[^/]/.test(asked.description.send?.url ?? ''))
  const query = useQuery({
    queryKey: ['sms', 'preview', asked],
    queryFn: () =>
      data(
        client.POST('/sms/preview', {
          body: {
            ...(asked.description ? { description: asked.description } : { preset: asked.preset }),
            values: asked.values,
            phone: asked.phone,
            text: asked.text,
            ...(asked.originator && { originator: asked.originator }),
          },
        }),
      ),
    placeholderData: keepPreviousData,
    enabled: ready,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const wrong = query.data?.wrong ?? ''
  // What was right last stays to be seen while one types on.
  const right = useRef<Schema<'PreviewBody'>>(undefined)
  if (query.data && !wrong) right.current = query.data
  return (
    <Paper withBorder p="md" component="section">
      <Title order={2}>{t('preview.title')}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('preview.about')}
      </Text>
      <Group gap={6} mb="sm">
        {(['phone', 'originator', 'text'] as const).map((field) => (
          <TextInput
            key={field}
            size="xs"
            flex={field === 'text' ? '1 1 100%' : '1 1 8rem'}
            label={t(`preview.${field}`)}
            value={message[field]}
            onChange={({ currentTarget }) => setMessage({ ...message, [field]: currentTarget.value })}
          />
        ))}
      </Group>
      <Box aria-live="polite">
        {wrong && (
          <Text size="sm" c="var(--mantine-color-error)" lang="en" role="alert">
            {wrong}
          </Text>
        )}
        {query.isError && <ProblemNote failure={query.error} />}
      </Box>
      {!ready && (
        <Text size="sm" c="dimmed">
          {t('preview.unready')}
        </Text>
      )}
      {ready && right.current && (
        <Box mt={wrong ? 'sm' : 0} opacity={wrong || query.isError ? 0.55 : 1}>
          <Asked request={right.current} />
        </Box>
      )}
    </Paper>
  )
}

function Asked({ request: { method, url, headers, body } }: { request: Schema<'PreviewBody'> }) {
  const { t } = useTranslation('sms')
  const [address, query = ''] = url.split('?')
  const type = headers.find(({ name }) => name === 'Content-Type')?.value
  const rows = (text: string) => [...new URLSearchParams(text)].map(([name, value]) => ({ name, value }))
  return (
    <Stack gap="sm">
      <Group gap={8} wrap="nowrap" align="flex-start">
        <Badge variant="light" radius="sm">
          {method}
        </Badge>
        <Text size="sm" className="tabular" style={{ overflowWrap: 'anywhere' }}>
          {address}
        </Text>
      </Group>
      {query && (
        <Part title={t('description.query')}>
          <Facts facts={rows(query)} />
        </Part>
      )}
      {body && (
        <Part title={t(type?.includes('json') ? 'preview.json' : 'preview.form')}>
          {type?.includes('json') ? <CodeBlock label={t('description.body')} text={pretty(body)} /> : <Facts facts={rows(body)} />}
        </Part>
      )}
      <Part title={t('description.headers')}>
        <Facts facts={headers.map(({ name, value }) => ({ name, value }))} />
      </Part>
    </Stack>
  )
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <div>
    <Text size="xs" fw={600} c="dimmed" mb={2}>
      {title}
    </Text>
    {children}
  </div>
)

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}
