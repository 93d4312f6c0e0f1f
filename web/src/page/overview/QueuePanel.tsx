import { memo, type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Since } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { Name } from '~/part/Name'
import { type ListColumn, RowList } from '~/part/RowList'
import { useFormat } from '~/text/format'
import style from './Board.module.css'
import { idOf, type QueueLine } from './board'
import type { Grade } from './threshold'

interface Props {
  rows: readonly QueueLine[]
  /** It is known who serves which. */
  byQueue: boolean
  /** There is a service level to show. */
  level: boolean
  chosen: string | undefined
  onChoose: (queue: string | undefined) => void
  height: number
  narrow: boolean
  turn: number | undefined
}

const Graded = ({ grade, children }: { grade: Grade; children: ReactNode }) => (
  <span className={style.graded} data-grade={grade}>
    {children}
  </span>
)

/** The queues, those in trouble first; a click on one shows its agents. */
export const QueuePanel = memo(function QueuePanel({ rows, byQueue, level, chosen, onChoose, height, narrow, turn }: Props) {
  const { t } = useTranslation('overview')
  const format = useFormat()
  const switches = new Set(rows.map((row) => row.switch)).size
  const columns = useMemo(() => {
    const none = <span className={style.dim}>{t('none')}</span>
    const all: (ListColumn<QueueLine> & { phone?: true; wanted?: boolean })[] = [
      {
        key: 'name',
        head: t('queue.name'),
        width: 'minmax(0, 1fr)',
        phone: true,
        sort: (row) => row.name,
        cell: (row) => (
          <button
            type="button"
            className={style.name}
            aria-pressed={chosen === row.name}
            onClick={() => onChoose(chosen === row.name ? undefined : row.name)}
          >
            <Name of={row.name} plain />
            {switches > 1 && <span className={style.dim}> {row.switch}</span>}
          </button>
        ),
      },
      {
        key: 'waiting',
        head: t('queue.waiting'),
        width: '3.2em',
        align: 'end',
        phone: true,
        sort: (row) => row.waiting,
        cell: (row) => <span className={row.waiting > 0 ? style.strong : style.dim}>{format.number(row.waiting)}</span>,
      },
      {
        key: 'longest',
        head: t('queue.longest'),
        width: '6em',
        align: 'end',
        phone: true,
        sort: (row) => (row.waitingSince > 0 ? -row.waitingSince : Number.NEGATIVE_INFINITY),
        cell: (row) =>
          row.waitingSince > 0 ? (
            <Graded grade={row.waitGrade}>
              <Since at={row.waitingSince} />
            </Graded>
          ) : (
            none
          ),
      },
      {
        key: 'talking',
        head: t('queue.talking'),
        width: '4.2em',
        align: 'end',
        sort: (row) => row.talking,
        cell: (row) => format.number(row.talking),
      },
      {
        key: 'ready',
        head: t('queue.ready'),
        width: '4em',
        align: 'end',
        phone: true,
        wanted: byQueue,
        sort: (row) => row.ready ?? 0,
        cell: (row) => <Graded grade={row.waiting > 0 && row.ready === 0 ? 'warn' : undefined}>{format.number(row.ready ?? 0)}</Graded>,
      },
      {
        key: 'paused',
        head: t('queue.paused'),
        width: '4em',
        align: 'end',
        wanted: byQueue,
        sort: (row) => row.paused ?? 0,
        cell: (row) => format.number(row.paused ?? 0),
      },
      {
        key: 'level',
        head: t('queue.level'),
        width: '4.2em',
        align: 'end',
        wanted: level,
        sort: (row) => row.level ?? -1,
        cell: (row) => (row.level === undefined ? none : <Graded grade={row.levelGrade}>{format.percent(row.level / 100)}</Graded>),
      },
      {
        key: 'answered',
        head: t('queue.answered'),
        width: '4.4em',
        align: 'end',
        sort: (row) => row.answered,
        cell: (row) => format.number(row.answered),
      },
      {
        key: 'abandoned',
        head: t('queue.abandoned'),
        width: '5.4em',
        align: 'end',
        sort: (row) => row.abandoned,
        cell: (row) => <Graded grade={row.abandonedGrade}>{format.number(row.abandoned)}</Graded>,
      },
    ]
    return all.filter(({ phone, wanted = true }) => wanted && (!narrow || phone))
  }, [t, format, switches, chosen, onChoose, byQueue, level, narrow])
  return (
    <section className={style.panel} data-size="content">
      <div className={style.title}>
        <h2>{t('list.queues')}</h2>
        <small className="tabular">{format.number(rows.length)}</small>
      </div>
      <RowList
        label={t('list.queues')}
        columns={columns}
        rows={rows}
        id={idOf}
        height={height}
        turn={turn}
        empty={<Empty title={t('queue.none')} text={t('queue.noneText')} />}
      />
    </section>
  )
})
