import { Alert, Button, Collapse, Grid, Group, Paper, Stack, Text, Textarea, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconAlertTriangle, IconChevronDown, IconChevronUp, IconLock, IconPlayerStop, IconSend } from '@tabler/icons-react'
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { answerTo } from '~/api/client'
import { CodeBlock } from '~/part/CodeBlock'
import { useConfirm } from '~/part/Confirm'
import { ProblemNote } from '~/part/ProblemNote'
import { StatusBadge } from '~/part/StatusBadge'
import { useSession } from '~/session/session'
import { Answer, type Answered } from './Answer'
import style from './Api.module.css'
import { type Document, example, type Operation } from './document'
import { Fields } from './Fields'
import { MethodBadge } from './MethodBadge'
import { Parameters } from './Parameters'
import { curl, filled, keyOf, type Values } from './request'

interface Props {
  operation: Operation
  document: Document
}

/** Asks one thing of the API, as who is signed in. */
export function Console({ operation, document }: Props) {
  const { t } = useTranslation(['api', 'common'])
  const session = useSession()
  const confirm = useConfirm()
  const [values, setValues] = useState<Values>({})
  const [body, setBody] = useState(() => (operation.body ? JSON.stringify(example(operation.body, document), null, 2) : ''))
  const [fieldsShown, { toggle }] = useDisclosure()
  const [failure, setFailure] = useState<unknown>()
  const [answered, setAnswered] = useState<Answered>()
  const [busy, setBusy] = useState(false)
  const answerRef = useRef<HTMLElement>(null)
  const breaker = useRef<AbortController>(undefined)
  useEffect(() => () => breaker.current?.abort(), [])

  const request = useMemo(() => filled(operation, values, body), [operation, values, body])
  const missing = operation.parameters.filter((parameter) => parameter.required && !values[keyOf(parameter)]?.length)
  const wrongBody = operation.body !== undefined && !isJSON(body)
  const allowed = operation.right === undefined || session.mayAny([operation.right])

  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (operation.method === 'delete') {
      const sure = await confirm({ title: t('sureTitle'), text: `DELETE ${request.url}`, action: t('send'), danger: true })
      if (!sure) return
    }
    const own = new AbortController()
    breaker.current = own
    setBusy(true)
    setFailure(undefined)
    setAnswered(undefined)
    try {
      await ask(own.signal)
      // On a phone it is below all that was filled in.
      answerRef.current?.scrollIntoView({ block: 'nearest' })
    } catch (thrown) {
      if (!own.signal.aborted) setFailure(thrown)
    } finally {
      setBusy(false)
    }
  }

  const ask = async (signal: AbortSignal) => {
    const began = performance.now()
    const { url, headers, body: sent } = request
    const answer = await answerTo(
      new Request(new URL(url, window.location.href), {
        method: operation.method.toUpperCase(),
        headers,
        signal,
        cache: 'no-store',
        ...(sent !== undefined && { body: sent }),
      }),
    )
    const head = { status: answer.status, words: answer.statusText, headers: [...answer.headers] }
    const took = () => (performance.now() - began) / 1000
    const type = answer.headers.get('Content-Type') ?? ''
    if (type.startsWith('text/event-stream')) {
      let text = ''
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        text = (text + piece.value).slice(-100_000)
        setAnswered({ ...head, took: took(), text, size: text.length })
      }
    } else if (type === '' || /json|text|xml|csv|yaml/.test(type)) {
      const text = await answer.text()
      setAnswered({ ...head, took: took(), text, size: new Blob([text]).size })
    } else {
      const blob = await answer.blob()
      setAnswered({ ...head, took: took(), blob, size: blob.size })
    }
  }

  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 6 }}>
        <Paper withBorder p="md">
          <Group gap={8} align="flex-start" wrap="nowrap">
            <MethodBadge method={operation.method} />
            <Title order={2} size="h3" className={style.path}>
              {operation.path}
            </Title>
          </Group>
          <Text size="sm" mt="xs" lang="en" fw={500}>
            {operation.summary}
          </Text>
          {operation.about && (
            <Text size="sm" c="dimmed" lang="en" mt={2}>
              {operation.about}
            </Text>
          )}
          {operation.right && (
            <Group gap={8} mt="xs">
              <Text size="sm">{t('right', { right: operation.right })}</Text>
              <StatusBadge tone={allowed ? 'good' : 'bad'}>{t(allowed ? 'rightHad' : 'rightMissing')}</StatusBadge>
            </Group>
          )}
          <form onSubmit={(event) => void send(event)}>
            <Stack gap="sm" mt="md">
              <Parameters
                parameters={operation.parameters}
                values={values}
                onChange={(key, value) => setValues((old) => ({ ...old, [key]: value }))}
              />
              {operation.body && (
                <>
                  <Textarea
                    className={style.body}
                    label={t('body')}
                    description={t('bodyAbout')}
                    autosize
                    minRows={4}
                    maxRows={24}
                    spellCheck={false}
                    value={body}
                    error={wrongBody && t('wrongBody')}
                    onChange={({ currentTarget }) => setBody(currentTarget.value)}
                  />
                  <div>
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      aria-expanded={fieldsShown}
                      rightSection={fieldsShown ? <IconChevronUp size={14} /> : <IconChevronDown size={14} />}
                      onClick={toggle}
                    >
                      {t('fields')}
                    </Button>
                  </div>
                  <Collapse expanded={fieldsShown}>
                    <Fields shape={operation.body} document={document} />
                  </Collapse>
                </>
              )}
              {operation.method !== 'get' && (
                <Alert color="yellow" icon={<IconAlertTriangle />} p="xs">
                  {t('real')}
                </Alert>
              )}
              {!allowed && (
                <Alert color="gray" icon={<IconLock />} p="xs">
                  {t('willBeRefused')}
                </Alert>
              )}
              <Group gap="xs">
                <Button type="submit" leftSection={<IconSend size={16} />} loading={busy} disabled={missing.length > 0 || wrongBody}>
                  {t('send')}
                </Button>
                {busy && (
                  <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={() => breaker.current?.abort()}>
                    {t('stop')}
                  </Button>
                )}
                {missing.length > 0 && (
                  <Text size="sm" c="dimmed">
                    {t('missing', { names: missing.map(({ name }) => name).join(', ') })}
                  </Text>
                )}
              </Group>
            </Stack>
          </form>
        </Paper>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 6 }}>
        <Stack gap="md">
          <Paper withBorder p="md" component="section" ref={answerRef}>
            <Title order={2} mb="xs">
              {t('answer')}
            </Title>
            <div aria-live="polite">
              {failure !== undefined && <ProblemNote failure={failure} />}
              {answered ? (
                <Answer answer={answered} name={operation.id} />
              ) : (
                failure === undefined && (
                  <Text size="sm" c="dimmed">
                    {t(busy ? 'waiting' : 'noAnswer')}
                  </Text>
                )
              )}
            </div>
          </Paper>
          <Paper withBorder p="md" component="section">
            <Title order={2} mb={2}>
              {t('curl')}
            </Title>
            <Text size="sm" c="dimmed" mb="xs">
              {t('curlAbout')}
            </Text>
            <CodeBlock label={t('curl')} text={curl(operation.method, window.location.origin, request)} />
          </Paper>
        </Stack>
      </Grid.Col>
    </Grid>
  )
}

function isJSON(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return text.trim() === ''
  }
}
