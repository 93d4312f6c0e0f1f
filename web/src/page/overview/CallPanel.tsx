import { IconArrowNarrowRight, IconPhoneIncoming, IconPhoneOutgoing } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { memo, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { LiveCall } from '~/part/call'
import { Since } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { Name } from '~/part/Name'
import { type ListColumn, RowList } from '~/part/RowList'
import { useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import style from './Board.module.css'
import { idOf } from './board'

interface Props {
  rows: readonly LiveCall[]
  height: number
  narrow: boolean
  turn: number | undefined
}

/** The calls in progress, the longest first. */
export const CallPanel = memo(function CallPanel({ rows, height, narrow, turn }: Props) {
  const { t } = useTranslation('overview')
  const format = useFormat()
  const columns = useMemo(() => {
    const all: (ListColumn<LiveCall> & { phone?: true })[] = [
      {
        key: 'numbers',
        head: t('call.numbers'),
        width: 'minmax(0, 2.3fr)',
        phone: true,
        cell: (row) => (
          <span className={style.call}>
            {row.inbound ? <IconPhoneIncoming size={14} aria-hidden /> : <IconPhoneOutgoing size={14} aria-hidden />}
            <span>{phone(row.from)}</span>
            <IconArrowNarrowRight size={14} aria-hidden />
            <span>{phone(row.to)}</span>
          </span>
        ),
      },
      { key: 'queue', head: t('call.queue'), width: 'minmax(0, 0.7fr)', cell: (row) => row.queue && <Name of={row.queue} plain /> },
      { key: 'agent', head: t('call.agent'), width: 'minmax(0, 0.5fr)', cell: (row) => row.agent && <Name of={row.agent} plain /> },
      {
        key: 'state',
        head: t('call.state'),
        width: '10em',
        cell: (row) => (
          <span className={style.doing} data-tone={row.state === 'active' ? 'active' : 'wait'}>
            {t(`call.is.${row.state}`)}
          </span>
        ),
      },
      {
        key: 'since',
        head: t('call.since'),
        width: '4.2em',
        align: 'end',
        phone: true,
        sort: (row) => -row.since,
        cell: (row) => <Since at={row.since} />,
      },
    ]
    return all.filter(({ phone }) => !narrow || phone)
  }, [t, narrow])
  return (
    <section className={style.panel}>
      <div className={style.title}>
        <h2>{t('list.calls')}</h2>
        <small className="tabular">{format.number(rows.length)}</small>
        {turn === undefined && (
          <Link to="/live" className={style.more}>
            {t('call.all')}
          </Link>
        )}
      </div>
      <RowList
        label={t('list.calls')}
        columns={columns}
        rows={rows}
        id={idOf}
        height={height}
        turn={turn}
        empty={<Empty title={t('call.none')} />}
      />
    </section>
  )
})
