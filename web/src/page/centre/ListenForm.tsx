import { Autocomplete, Button, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import type { LiveCall } from '~/part/call'
import { ProblemNote } from '~/part/ProblemNote'
import { useSave } from '~/part/save'
import { account, keepAccount, ownAccount, useAccounts } from './account'
import { OutcomeNote } from './OutcomeNote'

const modes = ['listen', 'whisper', 'barge'] as const

/** Rings a phone, and lets it hear a call. */
export function ListenForm({ call, onClose }: { call: LiveCall | undefined; onClose: () => void }) {
  const { t } = useTranslation(['centre', 'common'])
  const accounts = useAccounts()
  const [outcome, setOutcome] = useState<Schema<'Outcome'>>()
  const form = useForm({
    initialValues: { sip: ownAccount(), mode: 'listen' },
    validate: { sip: (text) => (text.trim() === '' ? t('field.wanted') : account.test(text.trim()) ? null : t('make.sipWrong')) },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: begins anew with another call
  useEffect(() => {
    if (!call) return
    setOutcome(undefined)
    form.setFieldValue('mode', 'listen')
    if (form.getValues().sip === '') form.setFieldValue('sip', ownAccount()) // which a call may have told since
  }, [call?.id])
  const save = useSave(
    form,
    async (values) => {
      setOutcome(undefined)
      keepAccount(values.sip.trim())
      const body = { sip: values.sip.trim(), mode: values.mode }
      return data(client.POST('/calls/{id}/listen', { params: { path: { id: call?.ours ?? '' } }, body }))
    },
    { onSaved: setOutcome },
  )
  return (
    <Modal
      opened={call !== undefined}
      onClose={onClose}
      title={t('listen.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={save.submit}>
        <Stack gap="sm">
          <Text size="sm" className="tabular">
            {call && t('live.fromTo', { from: call.from, to: call.to })}
            {call?.agent && `, ${call.agent}`}
          </Text>
          <Autocomplete
            label={t('listen.sip')}
            description={t('listen.sipAbout')}
            data={accounts}
            limit={50}
            openOnFocus={false}
            withAsterisk
            data-autofocus
            {...form.getInputProps('sip')}
          />
          <Radio.Group label={t('listen.mode')} {...form.getInputProps('mode')}>
            <Stack gap="xs" mt={6}>
              {modes.map((mode) => (
                <Radio key={mode} value={mode} label={t(`listen.${mode}.label`)} description={t(`listen.${mode}.about`)} />
              ))}
            </Stack>
          </Radio.Group>
          {outcome && <OutcomeNote outcome={outcome} answered={t('listen.answered')} />}
          {save.failure !== undefined && <ProblemNote failure={save.failure} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.close')}
            </Button>
            <Button type="submit" loading={save.saving}>
              {t('listen.ring')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
