import { Autocomplete, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPhone } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { ProblemNote } from '~/part/ProblemNote'
import { useProjects } from '~/part/projects'
import { useSave } from '~/part/save'
import { account, keepAccount, ownAccount, useAccounts, useOrderKey } from './account'
import { OutcomeNote } from './OutcomeNote'

const number = /^\+?[0-9*#]{1,32}$/

/** Takes out of a number what people write for their eyes. */
const plain = (text: string) => text.replace(/[\s()-]/g, '')

/** Rings somebody's phone, and sends him on to a number when he has answered. */
export function CallForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(['centre', 'common'])
  const accounts = useAccounts()
  const projects = useProjects()
  const [outcome, setOutcome] = useState<Schema<'Outcome'>>()
  const [order, anew] = useOrderKey()
  const ringing = useRef<AbortController>(undefined)
  const wrong = (text: string) => (text.trim() === '' ? t('field.wanted') : number.test(plain(text)) ? null : t('make.numberWrong'))
  const form = useForm({
    initialValues: { sip: ownAccount(), called_number: '', caller_number: '', project: '' },
    validate: {
      sip: (text) => (text.trim() === '' ? t('field.wanted') : account.test(text.trim()) ? null : t('make.sipWrong')),
      called_number: (text) => wrong(text),
      caller_number: (text) => wrong(text),
    },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: begins anew when it is opened
  useEffect(() => {
    if (!opened) return
    setOutcome(undefined)
    anew()
  }, [opened])
  const save = useSave(
    form,
    async (values) => {
      setOutcome(undefined)
      keepAccount(values.sip.trim())
      ringing.current = new AbortController()
      return data(
        client.POST('/calls', {
          params: { header: { 'Idempotency-Key': order } },
          body: {
            sip: values.sip.trim(),
            called_number: plain(values.called_number),
            caller_number: plain(values.caller_number),
            ...(values.project && { project: values.project }),
          },
          signal: ringing.current.signal,
        }),
      )
    },
    {
      onSaved: (came) => {
        setOutcome(came)
        anew() // the next is another call
      },
    },
  )
  const project = projects.find(({ id }) => id === form.values.project)
  const numbers = [...new Set((project ? [project] : projects).flatMap((one) => one.numbers ?? []))].filter((one) => number.test(one))
  const stopped = save.failure instanceof DOMException && save.failure.name === 'AbortError'
  const close = () => {
    ringing.current?.abort()
    onClose()
  }
  return (
    <Modal opened={opened} onClose={close} title={t('make.title')} closeButtonProps={{ 'aria-label': t('common:action.close') }}>
      <form onSubmit={save.submit}>
        <Stack gap="sm">
          <Autocomplete
            label={t('make.sip')}
            description={t('make.sipAbout')}
            data={accounts}
            limit={50}
            openOnFocus={false}
            withAsterisk
            data-autofocus={form.values.sip === '' || undefined}
            {...form.getInputProps('sip')}
          />
          <TextInput
            label={t('make.called')}
            description={t('make.calledAbout')}
            type="tel"
            withAsterisk
            data-autofocus={form.values.sip !== '' || undefined}
            {...form.getInputProps('called_number')}
          />
          {projects.length > 1 && (
            <Select
              label={t('make.project')}
              placeholder={t('make.byNumber')}
              data={projects.map(({ id, name }) => ({ value: id, label: name }))}
              clearable
              {...form.getInputProps('project')}
              value={form.values.project || null}
              onChange={(id) => form.setFieldValue('project', id ?? '')}
            />
          )}
          <Autocomplete
            label={t('make.caller')}
            description={t('make.callerAbout')}
            data={numbers}
            limit={50}
            openOnFocus={false}
            withAsterisk
            {...form.getInputProps('caller_number')}
          />
          {save.saving && (
            <Text size="sm" role="status">
              {t('make.ringing', { sip: form.values.sip })}
            </Text>
          )}
          {outcome && <OutcomeNote outcome={outcome} answered={t('make.answered')} />}
          {save.failure !== undefined && !stopped && <ProblemNote failure={save.failure} />}
          <Group justify="flex-end" gap="xs">
            {save.saving ? (
              <Button variant="default" onClick={() => ringing.current?.abort()}>
                {t('make.stop')}
              </Button>
            ) : (
              <Button variant="default" onClick={close}>
                {t('common:action.close')}
              </Button>
            )}
            <Button type="submit" leftSection={<IconPhone size={16} />} loading={save.saving}>
              {t('make.action')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
