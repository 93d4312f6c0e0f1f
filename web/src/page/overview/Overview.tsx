import { Button, Group, SegmentedControl, Select } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconAdjustments, IconMaximize } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useStreamState } from '~/api/stream'
import { Forbidden } from '~/part/Forbidden'
import { Loading } from '~/part/Loading'
import { PageHead } from '~/part/PageHead'
import { useProjects } from '~/part/projects'
import { AgentPanel } from './AgentPanel'
import style from './Board.module.css'
import { useBoard } from './board'
import { CallPanel } from './CallPanel'
import { QueuePanel } from './QueuePanel'
import { Standing } from './Standing'
import { Tiles } from './Tiles'
import { useThresholds } from './threshold'
import { useWall, Wall } from './Wall'

// Seldom wanted, and larger than the page.
const ThresholdForm = lazy(() => import('./ThresholdForm').then((file) => ({ default: file.ThresholdForm })))

const route = getRouteApi('/shell/')
const lists = ['queues', 'agents', 'calls'] as const
const turn = 10 // seconds that a screen nobody touches shows one page of a list

/** What goes on in the contact centre: for a supervisor's desk, and for a screen on the wall. */
export default function Overview() {
  const { t } = useTranslation('overview')
  const { project, queue, activity } = route.useSearch()
  const navigate = useNavigate({ from: '/' })
  const wall = useWall()
  const wide = useMediaQuery('(min-width: 75em)', true, { getInitialValueInEffect: false })
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const [list, setList] = useState<(typeof lists)[number]>()
  const [editing, setEditing] = useState(false)
  const thresholds = useThresholds()
  const board = useBoard({ project, queue, activity }, thresholds)
  const projects = useProjects()
  const state = useStreamState()

  const seen = lists.filter((one) => board.sees[one])
  const shown = wide || wall.on ? seen : seen.filter((one) => one === (list ?? seen[0]))
  const height = wall.on ? wall.row : phone ? 40 : 34
  const pages = wall.on ? turn : undefined
  const left = shown.filter((one) => one !== 'agents')

  const panels = {
    queues: () => (
      <QueuePanel
        key="queues"
        rows={board.queues}
        byQueue={board.byQueue && board.sees.agents}
        level={board.threshold !== undefined}
        chosen={queue}
        onChoose={(name) => void navigate({ search: (before) => ({ ...before, queue: name }), replace: true })}
        height={height}
        narrow={phone}
        turn={pages}
      />
    ),
    agents: () => (
      <AgentPanel
        key="agents"
        rows={board.agents}
        counts={board.counts}
        queue={queue}
        activity={activity}
        onActivity={(wanted) => void navigate({ search: (before) => ({ ...before, activity: wanted }), replace: true })}
        onAllQueues={() => void navigate({ search: (before) => ({ ...before, queue: undefined }), replace: true })}
        height={height}
        narrow={phone}
        turn={pages}
      />
    ),
    calls: () => <CallPanel key="calls" rows={board.calls} height={height} narrow={phone} turn={pages} />,
  }

  const content =
    state === 'denied' ? (
      <Forbidden />
    ) : state === 'connecting' || state === 'idle' ? (
      <Loading />
    ) : (
      <>
        <Tiles totals={board.totals} thresholds={thresholds} threshold={board.threshold} sees={board.sees} />
        {!wide && !wall.on && seen.length > 1 && (
          <SegmentedControl
            fullWidth
            aria-label={t('lists')}
            value={list ?? seen[0] ?? ''}
            onChange={(value) => setList(lists.find((one) => one === value))}
            data={seen.map((one) => ({ value: one, label: t(`list.${one}`) }))}
          />
        )}
        <div className={style.lists} data-columns={shown.includes('agents') && left.length > 0 ? 2 : 1}>
          {left.length > 0 && <div className={style.side}>{left.map((one) => panels[one]())}</div>}
          {shown.includes('agents') && <div className={style.side}>{panels.agents()}</div>}
        </div>
      </>
    )

  if (wall.on) {
    return (
      <Wall title={projects.find(({ id }) => id === project)?.name ?? t('title')} onLeave={wall.leave}>
        <Standing />
        {content}
      </Wall>
    )
  }
  return (
    <div className={style.board}>
      <PageHead title={t('title')}>
        {projects.length > 1 && (
          <Select
            aria-label={t('project')}
            placeholder={t('allProjects')}
            data={projects.map(({ id, name }) => ({ value: id, label: name }))}
            value={project ?? null}
            onChange={(id) =>
              void navigate({ search: (before) => ({ ...before, project: id ?? undefined, queue: undefined }), replace: true })
            }
            clearable
            searchable={projects.length > 10}
            w={200}
          />
        )}
        <Group gap="xs">
          <Button variant="default" leftSection={<IconAdjustments size={16} />} onClick={() => setEditing(true)}>
            {t('threshold.title')}
          </Button>
          <Button variant="default" leftSection={<IconMaximize size={16} />} onClick={wall.enter} visibleFrom="sm">
            {t('wall.enter')}
          </Button>
        </Group>
      </PageHead>
      <Standing />
      {content}
      {editing && (
        <Suspense>
          <ThresholdForm onClose={() => setEditing(false)} />
        </Suspense>
      )}
    </div>
  )
}
