import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { When } from './Ago'
import { CursorPager } from './CursorPager'
import { type Column, DataTable } from './DataTable'
import { Loaded } from './Loaded'
import { StatusBadge } from './StatusBadge'

type SignIn = Schema<'SignIn'>

const results = {
  ok: 'ok',
  'wrong password': 'wrongPassword',
  'not active': 'notActive',
  'password must change': 'mustChange',
  'code missing': 'codeMissing',
  'wrong code': 'wrongCode',
} as const

interface Props {
  label: string
  /** What tells these attempts from those of others. */
  of: readonly string[]
  /** How many are shown at once. */
  limit: number
  /** Asks for some of them, the latest first. */
  ask: (query: { limit: number; before?: number }) => Promise<SignIn[] | null>
  empty?: ReactNode
}

/** Attempts to sign in, and what came of them. */
export function SignInTable({ label, of, limit, ask, empty }: Props) {
  const { t } = useTranslation('account')
  const query = useInfiniteQuery({
    queryKey: [...of, 'signins'],
    initialPageParam: 0,
    queryFn: async ({ pageParam: before }) => (await ask({ limit, ...(before > 0 && { before }) })) ?? [],
    getNextPageParam: (page) => (page.length < limit ? undefined : page.at(-1)?.id),
    select: ({ pages }) => pages.flat(),
    staleTime: 0,
  })
  const columns: readonly Column<SignIn>[] = [
    { key: 'at', head: t('signins.at'), phone: 'title', cell: ({ at }) => <When at={at} /> },
    {
      key: 'result',
      head: t('signins.result'),
      cell: ({ result }) => {
        const key = results[result as keyof typeof results]
        return <StatusBadge tone={key === 'ok' ? 'good' : 'bad'}>{key ? t(`signins.results.${key}`) : result}</StatusBadge>
      },
    },
    { key: 'face', head: t('signins.face'), cell: ({ face }) => t(`signins.faces.${face}`) },
    { key: 'address', head: t('tokens.address'), cell: ({ address }) => address },
  ]
  return (
    <Loaded query={query}>
      {(all) => (
        <>
          <DataTable label={label} columns={columns} rows={all} id={({ id }) => String(id)} {...(empty !== undefined && { empty })} />
          {all.length > 0 && <CursorPager query={query} shown={all.length} />}
        </>
      )}
    </Loaded>
  )
}
