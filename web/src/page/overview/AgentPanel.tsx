import { IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { memo, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { type Activity, activities, activityTone } from '~/part/activity'
import { Since } from '~/part/Duration'
import { Empty } from '~/part/Empty'
import { Name } from '~/part/Name'
import { type ListColumn, RowList } from '~/part/RowList'
import { useFormat } from '~/text/format'
import style from './Board.module.css'
import { type AgentLine, idOf } from './board'

interface Props {
  rows: readonly AgentLine[]
  /** How many there are of each activity, with those that are not shown. */
  counts: ReadonlyMap<Activity, number>
  queue: string | undefined
  activity: Activity | undefined
  onActivity: (activity: Activity | undefined) => void
  onAllQueues: () => void
  height: number
  narrow: boolean
  turn: number | undefined
}

/** The agents, with what each does and since when. */
export const AgentPanel = memo(function AgentPanel(props: Props) {
  const { rows, counts, queue, activity, onActivity, onAllQueues, height, narrow, turn } = props
  const { t } = useTranslation(['overview', 'common'])
  const format = useFormat()
  const columns = useMemo(() => {
    const all: (ListColumn<AgentLine> & { phone?: true })[] = [
      {
        key: 'name',
        head: t('agent.name'),
        width: 'minmax(0, 0.88fr)',
        phone: true,
        sort: (row) => row.name,
        cell: (row) => (
          <Link to="/agents/$switch/$name" params={{ switch: row.switch, name: row.name }} className={style.name} preload={false}>
            <Name of={row.name} plain />
          </Link>
        ),
      },
      {
        key: 'activity',
        head: t('agent.activity'),
        width: '10.4em',
        phone: true,
        cell: (row) => (
          <span className={style.doing} data-tone={activityTone[row.activity]}>
            {t(`common:activity.${row.activity}`)}
          </span>
        ),
      },
      {
        key: 'since',
        head: t('agent.since'),
        width: '4.2em',
        align: 'end',
        phone: true,
        sort: (row) => (row.since > 0 ? -row.since : Number.NEGATIVE_INFINITY),
        cell: (row) =>
          row.since > 0 && (
            <span className={style.graded} data-grade={row.grade}>
              <Since at={row.since} />
            </span>
          ),
      },
      {
        key: 'queue',
        head: t('agent.queue'),
        width: 'minmax(0, 1fr)',
        cell: (row) => row.queue && <Name of={row.queue} plain />,
      },
      {
        key: 'answered',
        head: t('agent.answered'),
        width: '3.8em',
        align: 'end',
        sort: (row) => row.answered,
        cell: (row) => format.number(row.answered),
      },
    ]
    return all.filter(({ phone }) => !narrow || phone)
  }, [t, format, narrow])
  const number = [...counts.values()].reduce((n, one) => n + one, 0)
  return (
    <section className={style.panel}>
      <div className={style.title}>
        <h2>{t('list.agents')}</h2>
        <small className="tabular">{format.number(number)}</small>
        {queue !== undefined && (
          <button type="button" className={style.chip} aria-pressed aria-label={t('agent.allQueues', { queue })} onClick={onAllQueues}>
            <Name of={queue} plain />
            <IconX size={12} aria-hidden />
          </button>
        )}
        {turn === undefined && (
          <div className={style.chips}>
            {activities
              .filter((one) => counts.has(one) || one === activity)
              .map((one) => (
                <button
                  key={one}
                  type="button"
                  className={style.chip}
                  aria-pressed={one === activity}
                  onClick={() => onActivity(one === activity ? undefined : one)}
                >
                  <span className={style.doing} data-tone={activityTone[one]}>
                    {t(`common:activity.${one}`)}
                  </span>
                  <span className="tabular">{format.number(counts.get(one) ?? 0)}</span>
                </button>
              ))}
          </div>
        )}
      </div>
      <RowList
        label={t('list.agents')}
        columns={columns}
        rows={rows}
        id={idOf}
        height={height}
        turn={turn}
        empty={<Empty title={number > 0 ? t('agent.noneSuch') : t('agent.none')} />}
      />
    </section>
  )
})
