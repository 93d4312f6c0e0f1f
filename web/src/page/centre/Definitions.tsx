import { Anchor, Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { When } from '~/part/Ago'
import { BackLink } from '~/part/BackLink'
import { DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { Name } from '~/part/Name'
import { PageHead } from '~/part/PageHead'
import { StatusBadge } from '~/part/StatusBadge'
import { useSession } from '~/session/session'
import { useLive } from './data'
import { isStrategy } from './queue'

/** The queues that callgate tells FreeSWITCH of when it asks. */
export default function Definitions() {
  const { t } = useTranslation('centre')
  const session = useSession()
  const running = useLive('queues')
  const query = useQuery({ queryKey: ['centre', 'definitions'], queryFn: () => data(client.GET('/queue-definitions')) })
  const add = session.may('queues', 'change') && (
    <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/queues/definition" {...props} />}>
      {t('definitions.add')}
    </Button>
  )
  return (
    <>
      <BackLink to="/queues">{t('queues.title')}</BackLink>
      <PageHead title={t('definitions.title')} about={t('definitions.about')}>
        {add}
      </PageHead>
      <Loaded query={query}>
        {(definitions) => (
          <DataTable
            label={t('definitions.title')}
            rows={definitions}
            id={(row) => `${row.hostname}|${row.name}`}
            sort={{ by: 'name', desc: false }}
            columns={[
              {
                key: 'name',
                head: t('queue.name'),
                phone: 'title',
                sort: (row) => row.name,
                cell: (row) => (
                  <Anchor
                    inherit
                    fw={500}
                    renderRoot={(props) => (
                      <Link to="/queues/definition" search={{ name: row.name, hostname: row.hostname || undefined }} {...props} />
                    )}
                  >
                    <Name of={row.name} />
                  </Anchor>
                ),
              },
              {
                key: 'for',
                head: t('definition.hostname.label'),
                sort: (row) => row.hostname,
                cell: (row) => row.hostname || t('definition.everyHost'),
              },
              {
                key: 'strategy',
                head: t('queue.strategy'),
                cell: ({ params: { strategy = '' } }) => (isStrategy(strategy) ? t(`strategy.${strategy}`) : t('param.default')),
              },
              {
                key: 'runs',
                head: t('definition.runs'),
                cell: (row) =>
                  running.some(({ name }) => name === row.name) ? (
                    <StatusBadge tone="good">{t('definition.running')}</StatusBadge>
                  ) : (
                    <StatusBadge tone="off">{t('definition.notRunning')}</StatusBadge>
                  ),
              },
              {
                key: 'at',
                head: t('definition.changed'),
                align: 'end',
                sort: (row) => row.changed_at,
                cell: (row) => <When at={row.changed_at} />,
              },
              { key: 'by', head: t('definition.by'), sort: (row) => row.changed_by, cell: (row) => row.changed_by },
            ]}
            empty={
              <Empty title={t('definitions.none')} text={t('definitions.noneText')}>
                {add}
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  )
}
