import { Anchor, Button } from '@mantine/core'
import { IconPlus, IconTemplate } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { When } from '~/part/Ago'
import { DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { projectLabel, useProjectNames } from '~/part/projects'
import { useSession } from '~/session/session'
import style from './Messages.module.css'
import { SmsHead } from './SmsHead'
import { TemplateText } from './TemplateText'

export default function Templates() {
  const { t } = useTranslation('sms')
  const session = useSession()
  const projects = useProjectNames()
  const navigate = useNavigate()
  const query = useQuery({ queryKey: ['sms', 'templates'], queryFn: async () => (await data(client.GET('/sms/templates'))) ?? [] })
  const add = (
    <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/sms/templates/edit" {...props} />}>
      {t('templates.add')}
    </Button>
  )
  return (
    <>
      <SmsHead about={t('templates.about')}>{(query.data?.length ?? 0) > 0 && add}</SmsHead>
      <Loaded query={query}>
        {(templates) => (
          <DataTable
            label={t('tab.templates')}
            rows={templates}
            id={({ name }) => name}
            sort={{ by: 'name', desc: false }}
            onRow={({ name }) => void navigate({ to: '/sms/templates/edit', search: { name } })}
            columns={[
              {
                key: 'name',
                head: t('column.name'),
                width: 180,
                phone: 'title',
                sort: ({ name }) => name,
                cell: ({ name }) => (
                  <Anchor size="sm" renderRoot={(props) => <Link to="/sms/templates/edit" search={{ name }} {...props} />}>
                    {name}
                  </Anchor>
                ),
              },
              {
                key: 'text',
                head: t('column.text'),
                cell: ({ text }) => (
                  <span className={style.text}>
                    <TemplateText text={text} />
                  </span>
                ),
              },
              {
                key: 'project',
                head: t('column.project'),
                width: 200,
                sort: ({ project }) => project,
                cell: ({ project }) => (project ? projectLabel(projects, project) : t('anyProject')),
              },
              { key: 'changed', head: t('column.changed'), width: 180, phone: 'hide', cell: (row) => <When at={row.changed_at} /> },
              ...(session.may('sms', 'send')
                ? [
                    {
                      key: 'send',
                      head: '',
                      width: 130,
                      align: 'end' as const,
                      cell: ({ name, project }: { name: string; project: string }) => (
                        <Button
                          size="compact-sm"
                          variant="default"
                          onClick={(event) => event.stopPropagation()}
                          renderRoot={(props) => (
                            <Link to="/sms/send" search={{ template: name, project: project || undefined }} {...props} />
                          )}
                        >
                          {t('send.action')}
                        </Button>
                      ),
                    },
                  ]
                : []),
            ]}
            empty={
              <Empty icon={IconTemplate} title={t('templates.empty')} text={t('templates.emptyText')}>
                {add}
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  )
}
