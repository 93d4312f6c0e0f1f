import { Checkbox, MultiSelect, Paper, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { projectLabel, useProjectNames } from '~/part/projects'
import { useRightNames } from '~/part/rights'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { type Right, useSession } from '~/session/session'
import { type EventKind, eventKinds, events } from './states'
import { eventName } from './words'

export interface WebhookValues extends Record<string, unknown> {
  name: string
  url: string
  events: EventKind[]
  projects: string[]
  numbers: boolean
}

interface Props {
  known: Schema<'Webhook'> | undefined
  save: (values: WebhookValues) => Promise<Schema<'Webhook'>>
  onSaved: (webhook: Schema<'Webhook'>) => void
  onCancel: () => void
  onReload?: () => void
}

/** Where events are sent, and which. */
export function WebhookForm({ known, save, onSaved, onCancel, onReload }: Props) {
  const { t } = useTranslation('logs')
  const session = useSession()
  const rightName = useRightNames()
  const projects = useProjectNames()
  const form = useForm<WebhookValues>({
    initialValues: {
      name: known?.name ?? '',
      url: known?.url ?? 'https://',
      events: eventKinds.filter((kind) => known?.events.includes(kind)),
      projects: known?.projects ?? [...session.projects],
      numbers: known?.numbers ?? session.seesNumbers,
    },
    validate: {
      name: (name) => (name.trim() ? null : t('webhook.noName')),
      url: (url) => (/^https?:\/\/[^\s/]+/.test(url) ? null : t('webhook.wrongUrl')),
      events: (chosen) => (chosen.length > 0 ? null : t('webhook.noEvents')),
    },
  })
  const saving = useSave(form, save, { onSaved })
  const may = (right: Right) => session.mayAny([right])
  return (
    <form onSubmit={saving.submit}>
      <Paper withBorder p="md" maw={720}>
        <Stack gap="md">
          <TextInput
            label={t('webhook.name')}
            placeholder={t('webhook.nameExample')}
            maxLength={64}
            data-autofocus
            {...form.getInputProps('name')}
          />
          <TextInput
            label={t('webhook.url')}
            description={t('webhook.urlAbout')}
            type="url"
            maxLength={2048}
            {...form.getInputProps('url')}
          />
          <Checkbox.Group label={t('webhook.events')} description={t('webhook.eventsAbout')} {...form.getInputProps('events')}>
            <Stack gap={8} mt={8}>
              {eventKinds.map((kind) => {
                const denied = !may(events[kind]) && !form.values.events.includes(kind)
                return (
                  <Checkbox
                    key={kind}
                    value={kind}
                    label={
                      <>
                        {eventName(t, kind)}{' '}
                        <Text component="span" size="xs" c="dimmed">
                          {kind}
                        </Text>
                      </>
                    }
                    disabled={denied}
                    description={denied ? t('webhook.eventDenied', { right: rightName?.(events[kind]) ?? '' }) : undefined}
                  />
                )
              })}
            </Stack>
          </Checkbox.Group>
          {projects.length > 0 && (
            <MultiSelect
              label={t('webhook.projects')}
              description={t('webhook.projectsAbout')}
              data={projects.map(({ id }) => ({ value: id, label: projectLabel(projects, id) }))}
              placeholder={form.values.projects.length > 0 ? '' : t('webhook.all')}
              clearable
              {...form.getInputProps('projects')}
            />
          )}
          <Switch
            label={t('webhook.numbers')}
            description={session.seesNumbers ? t('webhook.numbersAbout') : t('webhook.numbersDenied')}
            disabled={!session.seesNumbers && !form.values.numbers}
            {...form.getInputProps('numbers', { type: 'checkbox' })}
          />
          <Text size="sm" c="dimmed">
            {t('webhook.ownerAbout')}
          </Text>
        </Stack>
      </Paper>
      <div style={{ maxWidth: 720 }}>
        <SaveBar form={form} save={saving} onCancel={onCancel} {...(onReload && { onReload })} />
      </div>
    </form>
  )
}
