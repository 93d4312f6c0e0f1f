import { Autocomplete, Button, Group, Modal, NumberInput, Stack } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { ProblemNote } from '~/part/ProblemNote'
import { useSave } from '~/part/save'
import { refreshTiers, useTiers } from '~/part/tiers'
import { useLive } from './data'

interface AddProps {
  opened: boolean
  onClose: () => void
  /** To which an agent is added; or the other way round; or neither is said yet. */
  queue?: { switch: string; name: string }
  agent?: { switch: string; name: string }
}

/** Puts an agent into a queue. */
export function TierForm({ opened, onClose, queue, agent }: AddProps) {
  const { t } = useTranslation(['centre', 'common'])
  const tiers = useTiers().data ?? []
  const agents = useLive('agents')
  const queues = useLive('queues')
  const at = queue?.switch ?? agent?.switch
  const form = useForm({
    initialValues: { agent: agent?.name ?? '', queue: queue?.name ?? '', level: 1, position: 1 },
    validate: {
      agent: (name) => (name.trim() ? null : t('field.wanted')),
      queue: (name) => (name.trim() ? null : t('field.wanted')),
    },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: begins anew when it is opened
  useEffect(() => {
    if (opened) form.reset()
  }, [opened])
  const save = useSave(
    form,
    async (values) => {
      const place = { level: Number(values.level), position: Number(values.position) }
      await data(
        client.POST('/tiers', { body: { queue: values.queue.trim(), agent: values.agent.trim(), ...place, ...(at && { switch: at }) } }),
      )
      await refreshTiers()
    },
    { onSaved: onClose },
  )
  const of = (rows: readonly { switch: string; name: string }[]) => rows.filter((row) => at === undefined || row.switch === at)
  const served = tiers.filter((tier) => tier.queue === form.values.queue && (at === undefined || tier.switch === at))
  const free = of(agents).filter(({ name }) => !served.some((tier) => tier.agent === name))
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={agent ? t('tier.addQueue') : t('tier.addAgent')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={save.submit}>
        <Stack gap="sm">
          {!queue && (
            <Autocomplete
              label={t('tier.queue')}
              data={[...new Set(of(queues).map(({ name }) => name))]}
              limit={100}
              data-autofocus
              {...form.getInputProps('queue')}
            />
          )}
          {!agent && (
            <Autocomplete
              label={t('tier.agent')}
              data={[...new Set(free.map(({ name }) => name))]}
              limit={100}
              data-autofocus={queue ? true : undefined}
              {...form.getInputProps('agent')}
            />
          )}
          <Place form={form} />
          {save.failure !== undefined && <ProblemNote failure={save.failure} />}
          <Buttons saving={save.saving} onClose={onClose} action={t('tier.add')} />
        </Stack>
      </form>
    </Modal>
  )
}

/** Changes when an agent's turn is in a queue. */
export function TierEdit({ tier, onClose }: { tier: Schema<'Tier'> | undefined; onClose: () => void }) {
  const { t } = useTranslation(['centre', 'common'])
  const form = useForm({ initialValues: { level: 1, position: 1 } })
  // biome-ignore lint/correctness/useExhaustiveDependencies: begins anew with another tier
  useEffect(() => {
    if (tier) form.setValues({ level: tier.level, position: tier.position })
  }, [tier])
  const save = useSave(
    form,
    async (values) => {
      if (!tier) return
      const query = { switch: tier.switch, queue: tier.queue, agent: tier.agent }
      await data(client.PATCH('/tiers', { params: { query }, body: { level: Number(values.level), position: Number(values.position) } }))
      await refreshTiers()
    },
    { onSaved: onClose },
  )
  return (
    <Modal
      opened={tier !== undefined}
      onClose={onClose}
      title={tier && t('tier.editTitle', { agent: tier.agent, queue: tier.queue })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={save.submit}>
        <Stack gap="sm">
          <Place form={form} />
          {save.failure !== undefined && <ProblemNote failure={save.failure} />}
          <Buttons saving={save.saving} onClose={onClose} action={t('common:action.save')} />
        </Stack>
      </form>
    </Modal>
  )
}

function Place<V extends { level: number; position: number }>({ form }: { form: UseFormReturnType<V> }) {
  const { t } = useTranslation('centre')
  return (
    <Group grow align="flex-start">
      <NumberInput
        label={t('tier.level')}
        description={t('tier.levelAbout')}
        min={0}
        max={10_000}
        allowDecimal={false}
        withAsterisk
        {...form.getInputProps('level')}
      />
      <NumberInput
        label={t('tier.position')}
        description={t('tier.positionAbout')}
        min={0}
        max={10_000}
        allowDecimal={false}
        withAsterisk
        {...form.getInputProps('position')}
      />
    </Group>
  )
}

function Buttons({ saving, onClose, action }: { saving: boolean; onClose: () => void; action: string }) {
  const { t } = useTranslation()
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onClose}>
        {t('action.cancel')}
      </Button>
      <Button type="submit" loading={saving}>
        {action}
      </Button>
    </Group>
  )
}
