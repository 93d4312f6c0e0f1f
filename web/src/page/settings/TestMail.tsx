import { Button, Group, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'

/** Sends a mail by the settings that are saved. */
export function TestMail({ dirty }: { dirty: boolean }) {
  const { t } = useTranslation(['settings', 'common'])
  const form = useForm({ initialValues: { to: '' } })
  const mail = useMutation({
    mutationFn: ({ to }: { to: string }) => data(client.POST('/test-mail', { body: { to } })),
  })
  return (
    <Panel title={t('mail.title')} about={t('mail.about')}>
      <form onSubmit={form.onSubmit((values) => mail.mutate(values))}>
        <Group gap="xs" align="flex-end">
          <TextInput
            label={t('mail.to')}
            type="email"
            autoComplete="email"
            required
            withAsterisk={false}
            flex="1 1 16rem"
            maw={360}
            disabled={dirty}
            {...form.getInputProps('to')}
          />
          <Button type="submit" variant="default" loading={mail.isPending} disabled={dirty}>
            {t('mail.send')}
          </Button>
        </Group>
      </form>
      <Text size="sm" mt="xs" role="status">
        {dirty ? t('mail.dirty') : mail.data && t(`mail.${mail.data.result}`, { to: mail.variables?.to ?? '' })}
      </Text>
      {mail.data?.error && (
        <Text size="xs" c="dimmed" lang="en">
          {mail.data.error}
        </Text>
      )}
      {mail.isError && <ProblemNote failure={mail.error} />}
    </Panel>
  )
}
