import { Alert, Button, Checkbox, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { fieldMoment, MomentField } from '~/part/MomentField'
import { ProblemNote } from '~/part/ProblemNote'
import { type ProjectName, projectLabel } from '~/part/projects'
import { useWording } from '~/text/wording'
import { useOrders } from './query'
import type { Action, Module, Target } from './state'
import { useMinute } from './time'

/** What somebody wants to switch. */
export interface Asked {
  target: Target
  title: string
  module: Module
  action: Action | undefined
  /** How it is now. */
  on: boolean
  at: 'now' | 'later'
}

interface Props {
  asked: Asked
  opened: boolean
  projects: readonly ProjectName[]
  onClose: () => void
}

/** Says what switching something off means, and asks when; what is off is planned to go on here too. */
export function SwitchDialog({ asked: { target, title, module, action, on, at }, opened, projects, onClose }: Props) {
  const { t } = useTranslation(['modules', 'common'])
  const wording = useWording()
  const minute = useMinute()
  const [when, setWhen] = useState(at)
  const [from, setFrom] = useState('')
  const [back, setBack] = useState(false)
  const [until, setUntil] = useState('')
  const [tried, setTried] = useState(false)
  const orders = useOrders({ onDone: onClose })
  const { quick, least, most } = useTimes()
  const later = when === 'later'
  const told = later
    ? t(on ? 'told.willBeOff' : 'told.willBeOn', { title, time: from && minute(from) })
    : t(on ? 'told.off' : 'told.on', { title })
  const wrong = (value: string) => {
    if (!tried) return null
    if (value === '') return t('when.empty')
    return new Date(value) <= new Date() ? t('when.past') : new Date(value) > most ? t('when.far') : null
  }
  const order = () => {
    setTried(true)
    const chosen = later ? from : back ? until : undefined
    if (chosen !== undefined && (chosen === '' || new Date(chosen) <= new Date() || new Date(chosen) > most)) return
    orders.mutate({
      target,
      on: !on,
      told,
      ...(later && { from: new Date(from) }),
      ...(!later && back && { until: new Date(until) }),
    })
  }
  const answers = [...new Set((action ? [action] : module.actions.filter((one) => one.switchable)).map(({ off }) => wording(off)))]
  const modern = action ? action.modern : module.actions.some((one) => one.modern)
  const self = module.module === 'modules' && on
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t(on ? 'dialog.off' : 'dialog.on', { title })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
      size="lg"
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          order()
        }}
      >
        <Stack gap="md">
          {on && (
            <Stack gap={4}>
              <Text size="sm">
                {target.project ? t('dialog.forProject', { project: projectLabel(projects, target.project) }) : t('dialog.forAll')}
              </Text>
              <Text size="sm">
                {t('answer')} {answers.join(' ')}
              </Text>
              {modern && <Text size="sm">{t('dialog.panel')}</Text>}
            </Stack>
          )}
          {self && (
            <Alert color="yellow" icon={<IconAlertTriangle />}>
              {t('dialog.self')}
            </Alert>
          )}
          <Radio.Group value={when} onChange={(value) => setWhen(value === 'later' ? 'later' : 'now')} label={t('when.label')}>
            <Stack gap="xs" mt="xs">
              <Radio value="now" label={t('when.now')} data-autofocus={at === 'now' || undefined} />
              <Radio value="later" label={t('when.later')} data-autofocus={at === 'later' || undefined} />
            </Stack>
          </Radio.Group>
          {later && (
            <MomentField
              label={t(on ? 'when.offFrom' : 'when.onFrom')}
              value={from}
              onChange={setFrom}
              min={least}
              max={most}
              quick={quick}
              error={wrong(from)}
              maw={280}
            />
          )}
          {!later && on && <Checkbox label={t('when.back')} checked={back} onChange={(event) => setBack(event.currentTarget.checked)} />}
          {!later && on && back && (
            <MomentField
              label={t('when.onFrom')}
              value={until}
              onChange={setUntil}
              min={least}
              max={most}
              quick={quick}
              error={wrong(until)}
              maw={280}
            />
          )}
          {orders.isError && <ProblemNote failure={orders.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={orders.isPending} {...(on && !later && { color: 'red.9' })}>
              {later ? t('when.plan') : t(on ? 'dialog.doOff' : 'dialog.doOn')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** Moments that switches are often planned for, and how far one may plan. */
function useTimes() {
  const { t } = useTranslation('modules')
  const [now] = useState(() => new Date())
  const at = (days: number, hours: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hours)
  const evening = at(0, 18)
  return {
    least: new Date(fieldMoment(now)),
    most: new Date(now.getTime() + 365 * 86_400_000),
    quick: [
      { label: t('quick.hour'), at: new Date(now.getTime() + 3_600_000) },
      ...(now < evening ? [{ label: t('quick.evening'), at: evening }] : []),
      { label: t('quick.morning'), at: at(1, 9) },
      { label: t('quick.monday'), at: at((8 - now.getDay()) % 7 || 7, 9) },
    ],
  }
}
