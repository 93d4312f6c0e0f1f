import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from '~/part/CodeBlock'
import { Facts } from '~/part/Facts'
import { useFormat } from '~/text/format'

export interface Answered {
  status: number
  words: string
  headers: readonly [string, string][]
  /** Seconds. */
  took: number
  /** Bytes. */
  size: number
  text?: string
  /** In the place of a text. */
  blob?: Blob
}

const most = 200_000 // characters that are shown

/** What was answered: status, head and body. */
export function Answer({ answer, name }: { answer: Answered; name: string }) {
  const { t } = useTranslation('api')
  const format = useFormat()
  const { status, words, headers, took, size, text, blob } = answer
  const shown = useMemo(() => pretty(text ?? '').slice(0, most), [text])
  return (
    <Stack gap="sm">
      <Group gap={10}>
        <Badge
          variant="dot"
          size="lg"
          fw={500}
          tt="none"
          className="tabular"
          color={status < 300 ? 'green' : status < 500 ? 'yellow' : 'red'}
        >
          {`${status} ${words}`.trim()}
        </Badge>
        <Text size="sm" c="dimmed" className="tabular">
          {t('took', { ms: format.number(Math.round(took * 1000)), size: format.bytes(size) })}
        </Text>
      </Group>
      {blob && <File blob={blob} name={name} />}
      {shown && <CodeBlock label={t('answerBody')} text={shown} height={480} />}
      {(text?.length ?? 0) > most && (
        <Text size="xs" c="dimmed">
          {t('cut')}
        </Text>
      )}
      <div>
        <Text size="xs" fw={600} c="dimmed" mb={2}>
          {t('headers')}
        </Text>
        <Facts facts={headers.map(([header, value]) => ({ name: header, value }))} />
      </div>
    </Stack>
  )
}

function File({ blob, name }: { blob: Blob; name: string }) {
  const { t } = useTranslation('api')
  const url = useMemo(() => URL.createObjectURL(blob), [blob])
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  return (
    <div>
      <Button component="a" href={url} download={name} variant="default" leftSection={<IconDownload size={16} />}>
        {t('download')}
      </Button>
    </div>
  )
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
