import { memo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Since } from '~/part/Duration'
import { useNow } from '~/part/now'
import { useFormat } from '~/text/format'
import style from './Board.module.css'
import { abandonedGrade, type Totals } from './board'
import { type Grade, grade, gradeLess, type Thresholds } from './threshold'

interface Props {
  totals: Totals
  thresholds: Thresholds
  /** Seconds of the service level; undefined without the right to it. */
  threshold: number | undefined
  sees: { queues: boolean; agents: boolean }
}

/** The figures of all together: what the eye goes to first. */
export const Tiles = memo(function Tiles({ totals, thresholds, threshold, sees }: Props) {
  const { t } = useTranslation('overview')
  const format = useFormat()
  const now = useNow()
  const { waiting, waitingSince, talking, ready, paused, loggedIn, agents, level, offered, abandoned, answered } = totals
  const alone = waiting > 0 && ready === 0
  const share = answered + abandoned > 0 ? format.percent(abandoned / (answered + abandoned)) : undefined
  return (
    <dl className={style.tiles}>
      {sees.queues && (
        <Tile
          label={t('tile.waiting')}
          figure={format.number(waiting)}
          about={
            waitingSince > 0 ? (
              <>
                {t('tile.longest')} <Since at={waitingSince} />
              </>
            ) : (
              t('tile.nobody')
            )
          }
          grade={waitingSince > 0 ? grade(now - waitingSince, thresholds.wait) : undefined}
        />
      )}
      <Tile label={t('tile.talking')} figure={format.number(talking)} about={sees.queues && t('tile.offered', { count: offered })} />
      {ready !== undefined && loggedIn !== undefined && (
        <Tile
          label={t('tile.ready')}
          figure={format.number(ready)}
          about={t('tile.loggedIn', { count: loggedIn, all: agents })}
          grade={alone ? 'warn' : undefined}
        />
      )}
      {paused !== undefined && loggedIn !== undefined && (
        <Tile
          label={t('tile.paused')}
          figure={format.number(paused)}
          about={loggedIn > 0 && t('tile.ofLoggedIn', { share: format.percent(paused / loggedIn) })}
        />
      )}
      {threshold !== undefined && (
        <Tile
          label={t('tile.level')}
          figure={level === undefined ? t('none') : format.percent(level / 100)}
          about={t('tile.within', { count: threshold })}
          grade={level === undefined ? undefined : gradeLess(level, thresholds.level)}
        />
      )}
      {sees.queues && (
        <Tile
          label={t('tile.abandoned')}
          figure={format.number(abandoned)}
          about={share && t('tile.share', { share })}
          grade={abandonedGrade(abandoned, answered, thresholds)}
        />
      )}
    </dl>
  )
})

function Tile({ label, figure, about, grade: graded }: { label: string; figure: string; about?: ReactNode; grade?: Grade }) {
  return (
    <div className={style.tile} data-grade={graded}>
      <dt>{label}</dt>
      <dd className={`${style.figure} tabular`}>{figure}</dd>
      <dd className={`${style.about} tabular`}>{about}</dd>
    </div>
  )
}
