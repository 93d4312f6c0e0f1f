import { Group, Text, Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { duration, useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import style from './Course.module.css'
import { useWords } from './words'

type Kind = 'wait' | 'ring' | 'talk' | 'line'

interface Bar {
  kind: Kind
  from: number
  to: number
  what: string
}

interface Lane {
  id: string
  name: string
  about: string
  bars: Bar[]
}

const kinds: readonly Kind[] = ['line', 'wait', 'ring', 'talk']
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400]

const second = (at: string | undefined) => (at === undefined ? undefined : Date.parse(at) / 1000)

/** The legs of a call as lanes of one time line, with the stays in queues above the caller's. */
export function Course({ call }: { call: Schema<'WholeCall'> }) {
  const { t } = useTranslation('calls')
  const format = useFormat()
  const lanes = useLanes(call)
  const begin = Math.min(second(call.started) ?? 0, ...lanes.flatMap(({ bars }) => bars.map(({ from }) => from)))
  const end = Math.max(begin + 1, ...lanes.flatMap(({ bars }) => bars.map(({ to }) => to)))
  const share = (seconds: number) => `${((100 * seconds) / (end - begin)).toFixed(3)}%`
  const step = steps.find((one) => (end - begin) / one <= 8) ?? 28_800
  const ticks = Array.from({ length: Math.floor((end - begin) / step) + 1 }, (_, i) => i * step).filter(
    (at) => at === 0 || (end - begin - at) / (end - begin) > 0.04,
  )
  const used = kinds.filter((kind) => lanes.some(({ bars }) => bars.some((bar) => bar.kind === kind)))
  return (
    <>
      <div className={style.chart}>
        <div className={style.axis} aria-hidden>
          {ticks.map((at) => (
            <span key={at} style={{ insetInlineStart: share(at) }} data-last={at / (end - begin) > 0.93 || undefined}>
              {duration(at)}
            </span>
          ))}
        </div>
        {lanes.map(({ id, name, about, bars }) => (
          <div key={id} className={style.lane}>
            <div className={style.name}>
              <span>{name}</span>
              <Text span size="xs" c="dimmed">
                {about}
              </Text>
            </div>
            <ul className={style.track}>
              {ticks.map((at) => (
                <li key={`tick ${at}`} className={style.tick} style={{ insetInlineStart: share(at) }} aria-hidden />
              ))}
              {bars.map((bar) => {
                const what = `${bar.what}: ${format.time(bar.from)} – ${format.time(bar.to)}, ${duration(bar.to - bar.from)}`
                return (
                  <li
                    key={`${bar.kind} ${bar.from}`}
                    className={style.place}
                    style={{ insetInlineStart: share(bar.from - begin), width: share(bar.to - bar.from) }}
                  >
                    <Tooltip label={what} multiline maw={320}>
                      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what the bar says is shown where it has the focus */}
                      <span className={style.bar} data-kind={bar.kind} tabIndex={0} role="img" aria-label={what}>
                        {bar.kind !== 'line' && <span aria-hidden>{duration(bar.to - bar.from)}</span>}
                      </span>
                    </Tooltip>
                  </li>
                )
              })}
            </ul>
          </div>
        ))}
      </div>
      <Group gap="md" mt="sm" aria-hidden>
        {used.map((kind) => (
          <Group key={kind} gap={6}>
            <span className={style.key} data-kind={kind} />
            <Text size="xs" c="dimmed">
              {t(`course.${kind}`)}
            </Text>
          </Group>
        ))}
      </Group>
    </>
  )
}

/** Who was on the line: the caller first, then everybody else by when he came. */
function useLanes(call: Schema<'WholeCall'>): Lane[] {
  const { t } = useTranslation('calls')
  const words = useWords()
  const lanes: Lane[] = []
  for (const visit of call.visits) {
    const joined = second(visit.joined) ?? 0
    const answered = second(visit.answered)
    const left = second(visit.left) ?? answered ?? joined
    const bars: Bar[] = [{ kind: 'wait', from: joined, to: answered ?? left, what: t('course.waitIn', { queue: visit.queue }) }]
    if (answered !== undefined && left > answered)
      bars.push({ kind: 'talk', from: answered, to: left, what: t('course.talkWith', { who: visit.agent }) })
    lanes.push({
      id: `visit ${visit.queue} ${visit.joined}`,
      name: visit.queue,
      about: `${t('course.queue')}, ${words.outcome(visit.outcome)}`,
      bars,
    })
  }
  for (const leg of call.legs) {
    const from = second(leg.started) ?? 0
    const to = second(leg.ended) ?? from
    const answered = second(leg.answered)
    const bars: Bar[] = []
    const caller = leg.uuid === call.uuid
    if (answered === undefined || answered - from >= 0.5) bars.push({ kind: 'ring', from, to: answered ?? to, what: t('course.ring') })
    // A caller is answered by the switch, and talks only later.
    if (answered !== undefined)
      bars.push({
        kind: caller && call.visits.length > 0 ? 'line' : 'talk',
        from: answered,
        to,
        what: caller ? t('course.line') : t('course.talk'),
      })
    lanes.push({
      id: leg.uuid,
      name: leg.side === 'agent' ? leg.agent : phone(caller ? leg.caller : leg.called) || leg.uuid.slice(0, 8),
      about: leg.side === 'agent' ? t('course.agent') : caller ? t('course.caller') : words.direction(leg.direction),
      bars: bars.filter((bar) => bar.to > bar.from || bars.length === 1),
    })
  }
  const callers = lanes.findIndex(({ id }) => id === call.uuid)
  return callers > 0 ? [...lanes.splice(callers, 1), ...lanes] : lanes
}
