import { Anchor, Text } from '@mantine/core'
import { IconArrowRampRight } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { useProjects } from '~/part/projects'
import { phone } from '~/text/phone'
import type { Route } from './api'
import { HoursText } from './HoursText'
import { Several } from './Several'
import { stepText } from './step'

interface Props {
  routes: readonly Route[]
  /** All are of this project. */
  of?: string
  empty?: ReactNode
}

/** Routes, each with what it does with a call. */
export function RouteTable({ routes, of, empty }: Props) {
  const { t } = useTranslation('projects')
  const navigate = useNavigate()
  const projects = useProjects()
  const nameOf = (id: string) => projects.find((project) => project.id === id)?.name ?? id
  const columns: Column<Route>[] = [
    {
      key: 'name',
      head: t('routes.name'),
      cell: (row) => (
        <Anchor fw={500} inherit renderRoot={(props) => <Link to="/routes/edit" search={{ name: row.name }} {...props} />}>
          {row.name}
        </Anchor>
      ),
      sort: (row) => row.name,
      phone: 'title',
    },
    ...(of === undefined
      ? [
          {
            key: 'project',
            head: t('routes.project'),
            cell: (row: Route) =>
              row.project ? (
                nameOf(row.project)
              ) : (
                <Text inherit c="dimmed" span>
                  {t('routes.default')}
                </Text>
              ),
            sort: (row: Route) => (row.project ? nameOf(row.project) : ''),
          },
        ]
      : []),
    {
      key: 'numbers',
      head: t('routes.numbers'),
      cell: (row) =>
        row.numbers && row.numbers.length > 0 ? (
          <Several all={row.numbers.map(phone)} />
        ) : (
          <Text inherit c="dimmed" span>
            {row.project ? t('routes.rest') : t('routes.default')}
          </Text>
        ),
    },
    { key: 'hours', head: t('routes.hours'), cell: (row) => <HoursText value={row.hours} /> },
    { key: 'open', head: t('routes.open'), cell: (row) => stepText(t, row.open, row.project ? t('step.none.open') : t('step.none.other')) },
    {
      key: 'closed',
      head: t('routes.closed'),
      cell: (row) =>
        row.hours ? (
          stepText(t, row.closed, t('step.none.other'))
        ) : (
          <Text inherit c="dimmed" span>
            {t('rules.nothing')}
          </Text>
        ),
    },
  ]
  return (
    <DataTable
      label={t('routes.title')}
      columns={columns}
      rows={routes}
      id={(row) => row.name}
      onRow={(row) => void navigate({ to: '/routes/edit', search: { name: row.name } })}
      empty={empty ?? <Empty icon={IconArrowRampRight} title={t('routes.none')} text={t('routes.noneText')} />}
    />
  )
}
