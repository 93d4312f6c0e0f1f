import { Alert, Anchor, Button, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconAlertTriangle, IconCheck, IconSend } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'

interface Props {
  provider: string
  /** It sends to nobody. */
  pretends: boolean
  unsaved: boolean
}

/** Sends a real message through one provider and tells what it answered. */
export function TestMessage({ provider, pretends, unsaved }: Props) {
  const { t } = useTranslation('sms')
  const form = useForm({
    initialValues: { phone: '', text: t('test.example'), originator: '' },
    validate: {
      phone: (phone) => (/^\d{5,24}$/.test(phone.replace(/\D/g, '')) ? null : t(phone ? 'send.wrongPhone' : 'send.noPhone', { phone })),
      text: (text) => (text.trim() ? null : t('send.noText')),
    },
  })
  const test = useMutation({
    mutationFn: ({ originator, ...rest }: typeof form.values) =>
      data(
        client.POST('/sms/providers/{name}/test', {
          params: { path: { name: provider } },
          body: { ...rest, ...(originator.trim() && { originator: originator.trim() }) },
        }),
      ),
  })
  return (
    <Panel title={t('test.title')} about={pretends ? t('test.aboutPretended') : t('test.about')}>
      <form onSubmit={form.onSubmit((values) => test.mutate(values))}>
        <Stack gap="sm">
          <TextInput
            label={t('column.phone')}
            inputMode="tel"
            maxLength={24}
            placeholder={t('send.phonesExample')}
            {...form.getInputProps('phone')}
          />
          <TextInput label={t('column.text')} {...form.getInputProps('text')} />
          <TextInput label={t('message.originator')} maxLength={255} {...form.getInputProps('originator')} />
          {unsaved && (
            <Text size="sm" c="dimmed">
              {t('test.unsaved')}
            </Text>
          )}
          <div>
            <Button type="submit" variant="default" leftSection={<IconSend size={16} />} loading={test.isPending} disabled={unsaved}>
              {t('test.action')}
            </Button>
          </div>
          {test.isError && <ProblemNote failure={test.error} />}
          {test.data && !test.isPending && <Answer answer={test.data} />}
        </Stack>
      </form>
    </Panel>
  )
}

function Answer({ answer }: { answer: Schema<'ProviderAnswerBody'> }) {
  const { t } = useTranslation('sms')
  const session = useSession()
  const format = useFormat()
  const good = answer.outcome === 'taken'
  return (
    <Alert
      role="status"
      color={good ? 'green' : answer.outcome === 'unknown' ? 'yellow' : 'red'}
      icon={good ? <IconCheck /> : <IconAlertTriangle />}
      title={t(`test.outcome.${answer.outcome}`)}
    >
      {answer.reason && (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {answer.reason}
        </Text>
      )}
      <Text size="sm" className="tabular">
        {t('test.took', { seconds: format.number(Math.round(answer.took * 100) / 100) })}
        {answer.provider_id && ` · ${t('message.providerId')}: ${answer.provider_id}`}
      </Text>
      {answer.message !== undefined && session.may('sms', 'list') && (
        <Anchor
          size="sm"
          c="inherit"
          underline="always"
          renderRoot={(props) => <Link to="/sms/messages" search={{ id: answer.message }} {...props} />}
        >
          {t('test.show')}
        </Anchor>
      )}
    </Alert>
  )
}
