import { Anchor, Button, Text, TextInput } from '@mantine/core'
import { IconPlus, IconSearch, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { projectsQuery } from '~/part/projects'
import { StatusBadge } from '~/part/StatusBadge'
import { useSession } from '~/session/session'
import { phone } from '~/text/phone'
import type { Project } from './api'
import { NewProject } from './NewProject'
import { Several } from './Several'

/** All projects that one may see. */
export default function Projects() {
  const { t } = useTranslation(['projects', 'common'])
  const session = useSession()
  const { q } = useSearch({ from: '/shell/projects' })
  const navigate = useNavigate()
  const projects = useQuery(projectsQuery)
  const [adding, setAdding] = useState(false)
  const editable = session.may('projects', 'edit') && session.projects.length === 0
  const search = (text: string) => void navigate({ to: '/projects', search: { q: text || undefined }, replace: true })
  const columns: Column<Project>[] = [
    {
      key: 'name',
      head: t('column.name'),
      cell: (row) => (
        <Anchor fw={500} inherit renderRoot={(props) => <Link to="/projects/$id" params={{ id: row.id }} {...props} />}>
          {row.name}
        </Anchor>
      ),
      sort: (row) => row.name,
      phone: 'title',
    },
    { key: 'id', head: t('column.id'), cell: (row) => <span className="tabular">{row.id}</span>, sort: (row) => row.id },
    { key: 'numbers', head: t('column.numbers'), cell: (row) => <Several all={row.numbers.map(phone)} /> },
    { key: 'queues', head: t('column.queues'), cell: (row) => <Several all={row.queues} /> },
    { key: 'sl', head: t('column.sl'), align: 'end', cell: (row) => row.sl_seconds, sort: (row) => row.sl_seconds },
    {
      key: 'record',
      head: t('column.record'),
      cell: (row) => row.record && <StatusBadge tone="active">{t('recorded')}</StatusBadge>,
      sort: (row) => row.record,
    },
  ]
  return (
    <>
      <PageHead title={t('title')} about={t('about')}>
        {editable && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t('add')}
          </Button>
        )}
      </PageHead>
      <FilterBar {...(q && { onReset: () => search('') })}>
        <TextInput
          type="search"
          aria-label={t('search')}
          placeholder={t('search')}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={q ?? ''}
          onChange={(event) => search(event.currentTarget.value)}
          w={320}
          maw="100%"
        />
      </FilterBar>
      <Loaded query={projects}>
        {(all) => (
          <DataTable
            label={t('title')}
            columns={columns}
            rows={q ? all.filter((one) => fits(one, q)) : all}
            id={(row) => row.id}
            sort={{ by: 'name', desc: false }}
            onRow={(row) => void navigate({ to: '/projects/$id', params: { id: row.id } })}
            empty={
              q && all.length > 0 ? (
                <Empty icon={IconSearchOff} title={t('notFound')} text={t('notFoundText')} />
              ) : (
                <Empty title={t('none')} text={t('noneText')}>
                  {editable && <Button onClick={() => setAdding(true)}>{t('add')}</Button>}
                </Empty>
              )
            }
          />
        )}
      </Loaded>
      {editable && <NewProject opened={adding} onClose={() => setAdding(false)} />}
      {projects.data && session.projects.length > 0 && session.may('projects', 'edit') && (
        <Text size="xs" c="dimmed" mt="sm">
          {t('limited')}
        </Text>
      )}
    </>
  )
}

function fits({ id, name, numbers, queues }: Project, q: string): boolean {
  const text = q.toLowerCase()
  const digits = q.replace(/\D/g, '')
  return (
    [id, name, ...queues].some((one) => one.toLowerCase().includes(text)) ||
    (digits.length > 1 && numbers.some((one) => one.includes(digits)))
  )
}
