import { Button, Modal, Text } from '@mantine/core'
import { IconPlus, IconWorldCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { When } from '~/part/Ago'
import { type Column, DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { useProjects } from '~/part/projects'
import { useSession } from '~/session/session'
import { useFormat } from '~/text/format'
import { type Rule, rulesQuery } from './api'
import { RuleForm } from './RuleForm'
import { Several } from './Several'

/** Where calls that the API makes may go. */
export default function Rules() {
  const { t } = useTranslation(['projects', 'common'])
  const format = useFormat()
  const session = useSession()
  const projects = useProjects()
  const rules = useQuery(rulesQuery)
  const [shown, setShown] = useState<{ rule?: Rule }>({})
  const [opened, setOpened] = useState(false)
  const show = (rule?: Rule) => {
    setShown(rule ? { rule } : {})
    setOpened(true)
  }
  const editable = session.may('destinations', 'change')
  const mine = ({ for: of }: Rule) => editable && (session.projects.length === 0 || of.startsWith('project:'))
  const nameOf = (of: string) => {
    const [kind, ...rest] = of.split(':')
    const who = rest.join(':')
    if (kind === 'user') return t('rules.user', { login: who })
    if (kind === 'project') return t('rules.project', { name: projects.find(({ id }) => id === who)?.name ?? who })
    return t('rules.all')
  }
  const limit = (n: number) => (n > 0 ? format.number(n) : <Dim>{t('rules.unlimited')}</Dim>)
  const columns: Column<Rule>[] = [
    {
      key: 'for',
      head: t('rules.for'),
      cell: (row) => (
        <Text inherit fw={500} span>
          {nameOf(row.for)}
        </Text>
      ),
      sort: (row) => nameOf(row.for),
      phone: 'title',
    },
    {
      key: 'allow',
      head: t('rules.allow'),
      cell: (row) => (row.allow?.length ? <Several all={row.allow} /> : <Dim>{t('rules.any')}</Dim>),
    },
    {
      key: 'deny',
      head: t('rules.deny'),
      cell: (row) => (row.deny?.length ? <Several all={row.deny} /> : <Dim>{t('rules.nothing')}</Dim>),
    },
    {
      key: 'length',
      head: t('rules.length'),
      cell: (row) => {
        const text = [
          row.min_length > 0 && t('rules.lengthFrom', { from: row.min_length }),
          row.max_length > 0 && t('rules.lengthTo', { to: row.max_length }),
        ].filter(Boolean)
        return text.length > 0 ? text.join(' ') : <Dim>{t('rules.nothing')}</Dim>
      },
    },
    { key: 'concurrent', head: t('rules.concurrent'), align: 'end', cell: (row) => limit(row.concurrent), sort: (row) => row.concurrent },
    { key: 'daily', head: t('rules.daily'), align: 'end', cell: (row) => limit(row.daily), sort: (row) => row.daily },
    { key: 'codes', head: t('rules.codesShort'), cell: (row) => (row.codes ? t('rules.yes') : <Dim>{t('rules.nothing')}</Dim>) },
    {
      key: 'changed',
      head: t('rules.changed'),
      cell: (row) => (
        <Text inherit span c="dimmed">
          <When at={row.changed_at} /> {row.changed_by}
        </Text>
      ),
      sort: (row) => row.changed_at,
      phone: 'hide',
    },
    ...(editable
      ? [
          {
            key: 'edit',
            head: '',
            align: 'end' as const,
            cell: (row: Rule) =>
              mine(row) && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  aria-label={t('rules.editOf', { of: nameOf(row.for) })}
                  onClick={() => show(row)}
                >
                  {t('rules.edit')}
                </Button>
              ),
          },
        ]
      : []),
  ]
  return (
    <>
      <PageHead title={t('rules.title')} about={t('rules.about')}>
        {editable && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => show()}>
            {t('rules.add')}
          </Button>
        )}
      </PageHead>
      <Loaded query={rules}>
        {(all) => (
          <DataTable
            label={t('rules.title')}
            columns={columns}
            rows={all}
            id={(row) => row.for}
            empty={
              <Empty icon={IconWorldCheck} title={t('rules.none')} text={t('rules.noneText')}>
                {editable && <Button onClick={() => show()}>{t('rules.add')}</Button>}
              </Empty>
            }
          />
        )}
      </Loaded>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={shown.rule ? nameOf(shown.rule.for) : t('rules.add')}
        size="lg"
        closeOnClickOutside={false}
        closeButtonProps={{ 'aria-label': t('common:action.close') }}
      >
        <RuleForm {...(shown.rule && { rule: shown.rule, title: nameOf(shown.rule.for) })} onClose={() => setOpened(false)} />
      </Modal>
    </>
  )
}

const Dim = ({ children }: { children: string }) => (
  <Text inherit span c="dimmed">
    {children}
  </Text>
)
