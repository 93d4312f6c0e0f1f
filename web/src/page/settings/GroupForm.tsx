import { Box, Paper, Stack, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, ifMatch, type Tagged, tagged } from '~/api/client'
import { isProblem } from '~/api/problem'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { settingsQuery } from './api'
import { changesOf, type Draft, draftOf, fieldOf, nameOf, trialValues, valuesOf } from './draft'
import { Field } from './Field'
import { type Group, isOfUse, tried } from './groups'
import style from './Settings.module.css'
import { TestMail } from './TestMail'
import { Trial } from './Trial'
import type { Setting } from './texts'
import { wrong } from './words'

interface Props {
  group: Group
  list: Tagged<Setting[] | null>
}

/** The settings of a group, all of which are saved at once, and what they do. */
export function GroupForm({ group, list }: Props) {
  const { t } = useTranslation(['settings', 'common'])
  const session = useSession()
  const queries = useQueryClient()
  const keys = group.sections.flatMap((section) => section.keys)
  const ours = (all: readonly Setting[] | null) => (all ?? []).filter(({ key }) => keys.includes(key))
  const settings = ours(list.value)
  const form = useForm<Draft>({ initialValues: draftOf(settings) })
  const editable = session.may('settings', 'edit')
  const administrator = session.rights.includes('*/*')
  const save = useSave(
    form,
    async (draft) => {
      const body = { values: changesOf(settings, draft) as Record<string, string> }
      const send = (etag: string) => tagged(client.PATCH('/settings', { params: { header: ifMatch(etag) }, body }))
      try {
        return await send(list.etag)
      } catch (failure) {
        if (!isProblem(failure, 412)) throw failure
        // The ETag is of all settings; who has changed others is in nobody's way.
        const fresh = await tagged(client.GET('/settings'))
        if (JSON.stringify(ours(fresh.value)) !== JSON.stringify(settings)) throw failure
        return send(fresh.etag)
      }
    },
    {
      fields: Object.fromEntries(keys.map((key) => [key, fieldOf(key)])),
      say: (_, message) => wrong(t, message),
      onSaved: (saved) => {
        queries.setQueryData(settingsQuery.queryKey, saved)
        const now = draftOf(ours(saved.value))
        form.setValues(now)
        form.resetDirty(now)
        notifications.show({ message: t('saved'), color: 'green' })
      },
    },
  )
  const reload = async () => {
    const fresh = await queries.fetchQuery({ ...settingsQuery, staleTime: 0 })
    const now = draftOf(ours(fresh.value))
    const typed = changesOf(settings, form.getValues())
    form.setValues({
      values: { ...now.values, ...Object.fromEntries(Object.entries(typed).map(([key, value]) => [nameOf(key), value ?? ''])) },
      unset: form.getValues().unset,
    })
    form.resetDirty(now)
  }
  const values = valuesOf(settings, form.values)
  const what = group.trial?.(values)
  return (
    <Stack gap="md">
      <form onSubmit={save.submit} noValidate>
        {group.sections
          .filter(({ when }) => when?.(values) ?? true)
          .map((section) => (
            <Box key={section.id} mb="md">
              {group.sections.length > 1 && (
                <Title order={2} size="h3" mb={6}>
                  {t(`section.${section.id}`)}
                </Title>
              )}
              <Paper withBorder px="md" component="section">
                {section.keys
                  .filter((key) => isOfUse(key, values))
                  .map((key) => {
                    const setting = settings.find((one) => one.key === key)
                    return (
                      setting && (
                        <Field
                          key={key}
                          setting={setting}
                          form={form}
                          disabled={!editable}
                          locked={editable && setting.administrator && !administrator}
                        />
                      )
                    )
                  })}
              </Paper>
            </Box>
          ))}
        {editable && (
          <div className={style.bar} data-dirty={form.isDirty() || undefined}>
            <SaveBar form={form} save={save} onReload={() => void reload()} />
          </div>
        )}
      </form>
      {editable && what && <Trial key={what} what={what} values={() => trialValues(settings, form.getValues(), tried[what])} />}
      {group.id === 'smtp' && session.may('mail', 'test') && <TestMail dirty={form.isDirty()} />}
    </Stack>
  )
}
