import { Button, Select, TextInput } from '@mantine/core'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { useTiers } from '~/part/tiers'
import { useSession } from '~/session/session'
import { TierForm } from './TierForm'
import { TierTable } from './TierTable'

const route = getRouteApi('/shell/tiers')

/** Who serves which queue, of all agents and queues. */
export default function Tiers() {
  const { t } = useTranslation('centre')
  const session = useSession()
  const { find = '', queue, sort = 'queue', desc = false, page = 1 } = route.useSearch()
  const navigate = useNavigate({ from: '/tiers' })
  const tiers = useTiers()
  const [adding, setAdding] = useState(false)
  const filtered = find !== '' || queue !== undefined
  const queues = [...new Set([...(tiers.data ?? []).map((tier) => tier.queue), ...(queue ? [queue] : [])])].sort()
  return (
    <>
      <PageHead title={t('tier.title')} about={t('tier.about')}>
        {session.may('tiers', 'change') && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t('tier.addAgent')}
          </Button>
        )}
      </PageHead>
      <FilterBar onReset={filtered ? () => void navigate({ search: {}, replace: true }) : undefined}>
        <TextInput
          label={t('agent.find')}
          leftSection={<IconSearch size={16} />}
          value={find}
          onChange={(event) =>
            void navigate({ search: (before) => ({ ...before, find: event.target.value || undefined, page: undefined }), replace: true })
          }
        />
        <Select
          label={t('tier.queue')}
          placeholder={t('queue.any')}
          data={queues}
          value={queue ?? null}
          clearable
          searchable
          onChange={(value) =>
            void navigate({ search: (before) => ({ ...before, queue: value ?? undefined, page: undefined }), replace: true })
          }
        />
      </FilterBar>
      <Loaded query={tiers}>
        {(all) => (
          <TierTable
            tiers={all.filter(
              (tier) => (queue === undefined || tier.queue === queue) && tier.agent.toLowerCase().includes(find.toLowerCase()),
            )}
            show="both"
            paged={{
              sort: { by: sort, desc },
              onSort: (by) =>
                void navigate({ search: (before) => ({ ...before, sort: by.by, desc: by.desc || undefined }), replace: true }),
              page,
              onPage: (n) => void navigate({ search: (before) => ({ ...before, page: n }) }),
            }}
            empty={filtered ? <Empty title={t('tier.noneFound')} /> : <Empty title={t('tier.none')} text={t('tier.noneText')} />}
          />
        )}
      </Loaded>
      <TierForm opened={adding} onClose={() => setAdding(false)} {...(queue && tiers.data && { queue: atOf(tiers.data, queue) })} />
    </>
  )
}

const atOf = (tiers: readonly { switch: string; queue: string }[], queue: string) => ({
  switch: tiers.find((tier) => tier.queue === queue)?.switch ?? '',
  name: queue,
})
