import { ActionIcon, Group, SegmentedControl, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconRewindBackward10, IconRewindForward10 } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import WaveSurfer from 'wavesurfer.js'
import { client, data } from '~/api/client'
import { nonce } from '~/look/theme'
import { ProblemNote } from '~/part/ProblemNote'
import { duration, useFormat } from '~/text/format'
import style from './Recording.module.css'

const speeds = ['1', '1.25', '1.5', '2'] as const
const linkSeconds = 3600
/** Bytes up to which a recording is read as a whole for its picture: half an hour. */
const drawn = 32 << 20

/** Plays a recording by a link that only this browser was given, and shows how loud it is. */
export default function Player({ id, size, seconds }: { id: string; size: number; seconds: number }) {
  const { t } = useTranslation('calls')
  const format = useFormat()
  const place = useRef<HTMLDivElement>(null)
  const wave = useRef<WaveSurfer>(null)
  const [at, setAt] = useState(0)
  const [length, setLength] = useState(seconds)
  const [playing, setPlaying] = useState(false)
  const [there, setThere] = useState(false)
  const [speed, setSpeed] = useState('1')
  const [failure, setFailure] = useState<unknown>()
  useEffect(() => {
    if (!place.current) return
    let gone = false
    const player = WaveSurfer.create({
      container: place.current,
      height: 72,
      cspNonce: nonce(),
      normalize: true,
      barWidth: 2,
      barGap: 1,
      barRadius: 2,
      cursorWidth: 2,
      dragToSeek: true,
      hideScrollbar: true,
      waveColor: color('--mantine-color-gray-5'),
      progressColor: color('--mantine-primary-color-filled'),
      cursorColor: color('--mantine-color-text'),
    })
    wave.current = player
    player.on('ready', (whole) => {
      setLength(whole)
      setThere(true)
    })
    player.on('timeupdate', setAt)
    player.on('play', () => setPlaying(true))
    player.on('pause', () => setPlaying(false))
    player.on('finish', () => setPlaying(false))
    player.on('error', setFailure)
    data(client.POST('/calls/{id}/recording/link', { params: { path: { id } }, body: { seconds: linkSeconds } }))
      .then(({ url }) => {
        if (!gone) return size > drawn ? player.load(url, [[0]], seconds) : player.load(url)
      })
      .catch((failed: unknown) => !gone && setFailure(failed))
    return () => {
      gone = true
      player.destroy()
    }
  }, [id, size, seconds])
  // The colours of the other theme.
  useEffect(() => {
    const observer = new MutationObserver(() =>
      wave.current?.setOptions({
        waveColor: color('--mantine-color-gray-5'),
        progressColor: color('--mantine-primary-color-filled'),
        cursorColor: color('--mantine-color-text'),
      }),
    )
    observer.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] })
    return () => observer.disconnect()
  }, [])
  const go = (to: number) => wave.current?.setTime(Math.min(Math.max(to, 0), length))
  const toggle = () => void wave.current?.playPause().catch(setFailure)
  const onKey = (event: KeyboardEvent) => {
    const to = new Map([
      ['ArrowLeft', at - 5],
      ['ArrowRight', at + 5],
      ['Home', 0],
      ['End', length],
    ]).get(event.key)
    if (to !== undefined) go(to)
    else if (event.key === ' ') toggle()
    else return
    event.preventDefault()
  }
  if (failure !== undefined) return <ProblemNote failure={failure} />
  return (
    <>
      <div
        ref={place}
        className={style.wave}
        role="slider"
        tabIndex={0}
        aria-label={t('player.place')}
        aria-valuemin={0}
        aria-valuemax={Math.round(length)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={`${duration(at)} / ${duration(length)}`}
        aria-busy={!there || undefined}
        onKeyDown={onKey}
      />
      <Group justify="space-between" mt="xs" gap="sm">
        <Group gap="xs">
          <ActionIcon size="xl" radius="xl" onClick={toggle} disabled={!there} aria-label={playing ? t('player.pause') : t('player.play')}>
            {playing ? <IconPlayerPauseFilled size={20} /> : <IconPlayerPlayFilled size={20} />}
          </ActionIcon>
          <Tooltip label={t('player.back')}>
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => go(at - 10)} disabled={!there} aria-label={t('player.back')}>
              <IconRewindBackward10 size={22} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t('player.forward')}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              onClick={() => go(at + 10)}
              disabled={!there}
              aria-label={t('player.forward')}
            >
              <IconRewindForward10 size={22} />
            </ActionIcon>
          </Tooltip>
          <Text size="sm" className="tabular">
            {`${duration(at)} / ${duration(length)}`}
          </Text>
        </Group>
        <Group gap={6}>
          <VisuallyHidden id="player-speed">{t('player.speed')}</VisuallyHidden>
          <SegmentedControl
            size="xs"
            aria-labelledby="player-speed"
            value={speed}
            onChange={(next) => {
              setSpeed(next)
              wave.current?.setPlaybackRate(Number(next), true)
            }}
            data={speeds.map((value) => ({ value, label: `×${format.number(Number(value))}` }))}
          />
        </Group>
      </Group>
    </>
  )
}

/** A colour of the theme as the browser has it now. */
const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
