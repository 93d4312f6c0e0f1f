import { ActionIcon, Button, Group, Paper, Select, TextInput } from '@mantine/core'
import { IconDownload, IconSearch, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { base, client, data, type Schema } from '~/api/client'
import { isProblem } from '~/api/problem'
import { useDownload } from '~/part/Download'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { useSession } from '~/session/session'
import { phone } from '~/text/phone'
import { Tree } from './Tree'

/** What FreeSWITCH wrote of a leg, as a tree that can be searched. */
export default function Cdr({ call }: { call: Schema<'WholeCall'> }) {
  const { t } = useTranslation('calls')
  const session = useSession()
  const { busy, save } = useDownload()
  const [leg, setLeg] = useState(call.legs[0]?.uuid ?? call.uuid)
  const [sought, setSought] = useState('')
  const query = useQuery({
    queryKey: ['calls', 'cdr', leg],
    queryFn: () => data(client.GET('/calls/{id}/cdr', { params: { path: { id: leg }, query: { format: 'json' } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const file = (format: string) => save(`${base}/calls/${encodeURIComponent(leg)}/cdr?format=${format}`)
  return (
    <>
      <Group align="flex-end" gap="sm" mb="sm">
        <Select
          label={t('cdr.leg')}
          data={call.legs.map((one) => ({
            value: one.uuid,
            label: `${one.side === 'agent' ? one.agent : phone(one.uuid === call.uuid ? one.caller : one.called) || '—'} · ${one.uuid.slice(0, 8)}`,
          }))}
          value={leg}
          onChange={(value) => value && setLeg(value)}
          allowDeselect={false}
          w={260}
        />
        <TextInput
          label={t('cdr.search')}
          placeholder={t('cdr.searchAbout')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={
            sought && (
              <ActionIcon variant="subtle" color="gray" onClick={() => setSought('')} aria-label={t('cdr.clear')}>
                <IconX size={16} />
              </ActionIcon>
            )
          }
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
          w={260}
        />
        <Button variant="default" leftSection={<IconDownload size={16} />} loading={busy} onClick={() => file('json')}>
          {t('cdr.json')}
        </Button>
        {session.seesNumbers && (
          <Button variant="default" leftSection={<IconDownload size={16} />} loading={busy} onClick={() => file('xml')}>
            {t('cdr.xml')}
          </Button>
        )}
      </Group>
      <Paper withBorder p="sm">
        {isProblem(query.error, 404) ? (
          <Empty title={t('cdr.none')} />
        ) : (
          <Loaded query={query}>
            {(cdr) => <Tree key={leg} value={cdr} sought={sought.trim().toLowerCase()} none={<Empty title={t('cdr.notFound')} />} />}
          </Loaded>
        )}
      </Paper>
    </>
  )
}
