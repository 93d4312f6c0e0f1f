import { Alert, Anchor, NavLink, Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { useSession } from '~/session/session'
import { NotFound } from '~/shell/NotFound'
import { settingsQuery } from './api'
import { GroupForm } from './GroupForm'
import { type Group, groupsOf } from './groups'
import style from './Settings.module.css'

/** One group of settings, with the way to the others. */
export default function SettingGroup() {
  const { t } = useTranslation('settings')
  const { group: id } = useParams({ from: '/shell/settings/$group' })
  const session = useSession()
  const limited = session.projects.length > 0
  const list = useQuery({ ...settingsQuery, enabled: !limited })
  if (limited) {
    return (
      <>
        <PageHead title={t('title')} />
        <Alert>{t('limited')}</Alert>
      </>
    )
  }
  return (
    <Loaded query={list}>
      {(all) => {
        const groups = groupsOf((all.value ?? []).map(({ key }) => key))
        const group = groups.find((one) => one.id === id)
        if (!group) return <NotFound />
        return (
          <div className={style.page}>
            <Groups groups={groups} here={group.id} />
            <div>
              <PageHead
                title={
                  <>
                    <Text component="span" inherit c="dimmed" fw={400}>
                      <Anchor inherit c="dimmed" renderRoot={(props) => <Link to="/settings" {...props} />}>
                        {t('title')}
                      </Anchor>
                      {' › '}
                    </Text>
                    {t(`group.${group.id}.title`)}
                  </>
                }
                about={t(`group.${group.id}.about`)}
              />
              {!session.may('settings', 'edit') && <Alert mb="md">{t('readOnly')}</Alert>}
              <GroupForm key={group.id} group={group} list={all} />
            </div>
          </div>
        )
      }}
    </Loaded>
  )
}

function Groups({ groups, here }: { groups: readonly Group[]; here: string }) {
  const { t } = useTranslation('settings')
  const navigate = useNavigate()
  return (
    <>
      <nav aria-label={t('groups')} className={style.groups}>
        {groups.map(({ id, icon: Sign }) => (
          <NavLink
            key={id}
            className={style.link}
            renderRoot={(props) => <Link to="/settings/$group" params={{ group: id }} {...props} />}
            label={t(`group.${id}.title`)}
            leftSection={<Sign size={18} stroke={1.5} aria-hidden />}
            active={id === here}
            aria-current={id === here ? 'page' : undefined}
          />
        ))}
      </nav>
      <Select
        hiddenFrom="md"
        aria-label={t('groups')}
        data={groups.map(({ id }) => ({ value: id, label: t(`group.${id}.title`) }))}
        value={here}
        allowDeselect={false}
        onChange={(group) => group && void navigate({ to: '/settings/$group', params: { group } })}
      />
    </>
  )
}
