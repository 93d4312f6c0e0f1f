import { Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Tagged } from '~/api/client'
import { Loaded } from '~/part/Loaded'
import { Panel } from '~/part/Panel'
import { catalogueQuery } from '~/part/rights'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { ProjectsField } from './ProjectsField'
import { type User, userQuery, useUserChange } from './query'
import { RightsField } from './RightsField'
import style from './RightsField.module.css'
import type { Given } from './rights'

interface Props {
  user: Tagged<User>
  may: boolean
}

/** What a user may, and whose data he sees. */
export function Reach(props: Props) {
  const query = useQuery(catalogueQuery)
  return <Loaded query={query}>{(catalogue) => <Form {...props} catalogue={catalogue} />}</Loaded>
}

const valuesOf = ({ rights, projects }: User) => ({
  rights: [...rights],
  projects: { all: projects.length === 0, chosen: [...projects] },
})

function Form({ user, may, catalogue }: Props & { catalogue: readonly Given[] }) {
  const { t } = useTranslation('users')
  const session = useSession()
  const queries = useQueryClient()
  const change = useUserChange(user)
  const { login } = user.value
  const form = useForm({
    initialValues: valuesOf(user.value),
    validate: { projects: ({ all, chosen }) => (all || chosen.length > 0 ? null : t('projects.none')) },
  })
  const save = useSave(form, ({ rights, projects }) => change({ rights, projects: projects.all ? [] : projects.chosen }), {
    onSaved: () => notifications.show({ message: t('saved', { login }) }),
  })
  const reload = async () => {
    const now = await queries.fetchQuery({ ...userQuery(login), staleTime: 0 })
    form.setInitialValues(valuesOf(now.value))
    form.reset()
  }
  return (
    <form onSubmit={save.submit} noValidate>
      <Stack gap="sm">
        <Panel title={t('projects.title')} about={t('projects.about')}>
          <ProjectsField
            allLabel={t('projects.allWithNew')}
            mayAll={session.projects.length === 0}
            among={session.projects}
            disabled={!may}
            {...form.getInputProps('projects')}
          />
        </Panel>
        <Panel title={t('rights')} about={t('rightsAbout')}>
          <RightsField catalogue={catalogue} most={session.rights} disabled={!may} withPresets {...form.getInputProps('rights')} />
        </Panel>
      </Stack>
      {may && (
        <div className={style.save}>
          <SaveBar form={form} save={save} onReload={() => void reload()} {...(form.isDirty() && { onCancel: () => form.reset() })} />
        </div>
      )}
    </form>
  )
}
