import { ActionIcon, Portal } from '@mantine/core'
import { useViewportSize } from '@mantine/hooks'
import { IconMinimize } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useCallback, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useNow } from '~/part/now'
import { useFormat } from '~/text/format'
import style from './Board.module.css'

const route = getRouteApi('/shell/')

/** Whether the board is a screen on a wall: so says the address, by which such a screen can be set up. */
export function useWall() {
  const { wall: on = false } = route.useSearch()
  const navigate = useNavigate({ from: '/' })
  const { width } = useViewportSize()
  const set = useCallback(
    (wall: true | undefined) => void navigate({ search: (before) => ({ ...before, wall }), replace: wall === undefined }),
    [navigate],
  )
  const enter = useCallback(() => {
    set(true)
    // A browser that refuses shows the board in its window: that is no failure.
    void document.documentElement.requestFullscreen?.().catch(() => undefined)
  }, [set])
  const leave = useCallback(() => {
    if (document.fullscreenElement) void document.exitFullscreen()
    set(undefined)
  }, [set])
  useEffect(() => {
    if (!on) return
    const change = () => {
      if (!document.fullscreenElement) set(undefined) // by Esc
    }
    const key = (event: KeyboardEvent) => event.key === 'Escape' && leave()
    document.addEventListener('fullscreenchange', change)
    document.addEventListener('keydown', key)
    return () => {
      document.removeEventListener('fullscreenchange', change)
      document.removeEventListener('keydown', key)
    }
  }, [on, set, leave])
  return { on, enter, leave, row: Math.round(Math.min(40, Math.max(14, width * 0.0095)) * 2.1) }
}

/** The board over everything else; the screen stays on. */
export function Wall({ title, onLeave, children }: { title: ReactNode; onLeave: () => void; children: ReactNode }) {
  const { t } = useTranslation('overview')
  useEffect(() => {
    const root = document.getElementById('root')
    if (root) root.inert = true
    const lock = navigator.wakeLock?.request('screen').catch(() => undefined)
    return () => {
      if (root) root.inert = false
      void lock?.then((held) => held?.release())
    }
  }, [])
  return (
    <Portal>
      <main className={`${style.board} ${style.wall}`}>
        <div className={style.top}>
          <h1>{title}</h1>
          <Clock />
          <ActionIcon variant="subtle" color="gray" aria-label={t('wall.leave')} title={t('wall.leave')} onClick={onLeave}>
            <IconMinimize size={18} />
          </ActionIcon>
        </div>
        {children}
      </main>
    </Portal>
  )
}

function Clock() {
  const format = useFormat()
  return <span className={`${style.clock} tabular`}>{format.time(useNow())}</span>
}
