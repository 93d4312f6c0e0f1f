import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { client, data, type Schema } from '~/api/client'
import { useRows } from '~/api/stream'
import { type Activity, activities, doing } from '~/part/activity'
import { pair } from '~/part/call'
import { useNow } from '~/part/now'
import { useKept, usePaced } from '~/part/paced'
import { useProjects } from '~/part/projects'
import { useTiers } from '~/part/tiers'
import { useSession } from '~/session/session'
import { type Grade, grade, gradeLess, type Thresholds } from './threshold'

const pace = 500 // ms between two looks of the board

/** A queue as the board has it. What is undefined there is no right to. */
export interface QueueLine {
  id: string
  switch: string
  name: string
  waiting: number
  /** When the first of those who wait came, in seconds since 1970; 0 while nobody does. */
  waitingSince: number
  talking: number
  ready: number | undefined
  paused: number | undefined
  /** Per cent. */
  level: number | undefined
  answered: number
  abandoned: number
  offered: number
  waitGrade: Grade
  levelGrade: Grade
  abandonedGrade: Grade
}

export interface AgentLine {
  id: string
  switch: string
  name: string
  activity: Activity
  since: number
  /** The queue of his call. */
  queue: string
  answered: number
  grade: Grade
}

export interface Totals {
  waiting: number
  waitingSince: number
  talking: number
  ready: number | undefined
  paused: number | undefined
  loggedIn: number | undefined
  agents: number
  level: number | undefined
  answered: number
  offered: number
  abandoned: number
}

const rank = (grade: Grade) => (grade === 'bad' ? 0 : grade === 'warn' ? 1 : 2)
const worst = (...grades: Grade[]) => Math.min(...grades.map(rank))
const collator = new Intl.Collator(undefined, { numeric: true })
export const idOf = (row: { id: string }) => row.id
const keyOf = (row: { switch: string; name: string }) => `${row.switch}|${row.name}`

// longest_wait is as of when it was told, and grows from then on.
const told = new WeakMap<Schema<'Queue'>, number>()
function waitingSince(queue: Schema<'Queue'>): number {
  if (queue.waiting === 0) return 0
  const since = told.get(queue) ?? Math.round(Date.now() / 1000 - queue.longest_wait)
  told.set(queue, since)
  return since
}

export interface Chosen {
  project: string | undefined
  queue: string | undefined
  activity: Activity | undefined
}

const day = (at: Date) => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)

/** The service level of today, of the calls that are over; none without the right to reports. */
function useLevels(project: string | undefined) {
  const session = useSession()
  return useQuery({
    queryKey: ['overview', 'levels', project],
    enabled: session.may('reports', 'see'),
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const today = day(new Date())
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
      const query = { from: today, to: today, zone, interval: 'whole' as const, ...(project && { project: [project] }) }
      const report = (await data(client.GET('/reports/queues', { params: { query } }))) as Schema<'ReportQueueRow'>
      return {
        threshold: report.threshold,
        total: report.total.service_level ?? undefined,
        of: new Map(report.rows.map((row) => [row.queue, row.service_level ?? undefined])),
      }
    },
  }).data
}

/** Who serves which queue. */
function useServing(agents: number) {
  const query = useTiers()
  const { refetch, isEnabled } = query
  // biome-ignore lint/correctness/useExhaustiveDependencies: another agent brings other tiers
  useEffect(() => {
    if (isEnabled) void refetch()
  }, [agents, refetch, isEnabled])
  return query.data
}

/** All that the board shows, brought up to date twice a second. */
export function useBoard(chosen: Chosen, thresholds: Thresholds) {
  const session = useSession()
  const sees = { queues: session.may('queues', 'see'), agents: session.may('agents', 'see'), calls: session.may('calls', 'see') }
  const queueRows = usePaced(useRows('queues', sees.queues), pace)
  const agentRows = usePaced(useRows('agents', sees.agents), pace)
  const callRows = usePaced(useRows('calls', sees.calls), pace)
  const now = useNow()
  const tiers = useServing(agentRows.length)
  const levels = useLevels(chosen.project)
  const project = useProjects().find(({ id }) => id === chosen.project)

  const served = useMemo(() => project && new Set(project.queues), [project])
  const all = useMemo(
    () =>
      agentRows.map((row): AgentLine => {
        const { activity, since } = doing(row, now)
        const queue = activity === 'talking' ? (row.talk?.queue ?? '') : ''
        const graded = activity === 'pause' ? grade((now - since) / 60, thresholds.pause) : undefined
        return { id: keyOf(row), switch: row.switch, name: row.name, activity, since, queue, answered: row.today.answered, grade: graded }
      }),
    [agentRows, now, thresholds],
  )
  const serving = useMemo(() => {
    const of = new Map<string, Set<string>>() // agents by the name of a queue
    for (const { queue, agent, switch: at } of tiers ?? []) {
      const agents = of.get(queue) ?? new Set()
      of.set(queue, agents.add(`${at}|${agent}`))
    }
    return of
  }, [tiers])
  const among = useMemo(() => {
    if (!served || !tiers) return all
    const ids = new Set([...served].flatMap((queue) => [...(serving.get(queue) ?? [])]))
    return all.filter(({ id }) => ids.has(id))
  }, [all, served, tiers, serving])

  const queues = useKept(
    useMemo(() => {
      const doings = new Map(all.map(({ id, activity }) => [id, activity]))
      const count = (row: Schema<'Queue'>, wanted: Activity) => {
        let n = 0
        for (const agent of serving.get(row.name) ?? []) if (agent.startsWith(`${row.switch}|`) && doings.get(agent) === wanted) n++
        return n
      }
      return queueRows
        .filter(({ name }) => !served || served.has(name))
        .map((row): QueueLine => {
          const { offered, answered, abandoned } = row.today
          const since = waitingSince(row)
          const level = levels?.of.get(row.name)
          const ready = tiers && sees.agents ? count(row, 'ready') : undefined
          return {
            id: keyOf(row),
            switch: row.switch,
            name: row.name,
            waiting: row.waiting,
            waitingSince: since,
            talking: row.talking,
            ready,
            paused: tiers && sees.agents ? count(row, 'pause') : undefined,
            level,
            offered,
            answered,
            abandoned,
            waitGrade: since > 0 ? grade(now - since, thresholds.wait) : undefined,
            levelGrade: level === undefined ? undefined : gradeLess(level, thresholds.level),
            abandonedGrade: abandonedGrade(abandoned, answered, thresholds),
          }
        })
        .sort((a, b) => trouble(a) - trouble(b) || collator.compare(a.name, b.name) || collator.compare(a.switch, b.switch))
    }, [queueRows, all, serving, tiers, served, levels, thresholds, now, sees.agents]),
    idOf,
  )

  const agents = useKept(
    useMemo(() => {
      const ids = chosen.queue === undefined ? undefined : serving.get(chosen.queue)
      return among
        .filter((row) => (chosen.queue === undefined || ids?.has(row.id)) && (!chosen.activity || row.activity === chosen.activity))
        .sort(
          (a, b) =>
            activities.indexOf(a.activity) - activities.indexOf(b.activity) ||
            (a.since || now) - (b.since || now) ||
            collator.compare(a.name, b.name),
        )
    }, [among, serving, chosen.queue, chosen.activity, now]),
    idOf,
  )

  const calls = useKept(
    useMemo(
      () => pair(callRows).filter((call) => !served || served.has(call.queue) || call.project === chosen.project),
      [callRows, served, chosen.project],
    ),
    idOf,
  )

  const totals = useMemo((): Totals => {
    const count = (...wanted: Activity[]) => among.filter(({ activity }) => wanted.includes(activity)).length
    const sum = (of: (row: QueueLine) => number) => queues.reduce((n, row) => n + of(row), 0)
    const waited = queues.filter(({ waitingSince }) => waitingSince > 0).map(({ waitingSince }) => waitingSince)
    return {
      waiting: sum((row) => row.waiting),
      waitingSince: waited.length > 0 ? Math.min(...waited) : 0,
      talking: sees.agents ? count('talking', 'outside') : sum((row) => row.talking),
      ready: sees.agents ? count('ready') : undefined,
      paused: sees.agents ? count('pause') : undefined,
      loggedIn: sees.agents ? among.length - count('logged_out') : undefined,
      agents: among.length,
      level: levels?.total,
      answered: sum((row) => row.answered),
      offered: sum((row) => row.offered),
      abandoned: sum((row) => row.abandoned),
    }
  }, [among, queues, levels, sees.agents])

  const counts = useMemo(() => {
    const ids = chosen.queue === undefined ? undefined : serving.get(chosen.queue)
    const of = new Map<Activity, number>()
    for (const { id, activity } of among) if (chosen.queue === undefined || ids?.has(id)) of.set(activity, (of.get(activity) ?? 0) + 1)
    return of
  }, [among, serving, chosen.queue])

  return { sees, queues, agents, calls, totals, counts, threshold: levels?.threshold, byQueue: tiers !== undefined }
}

const trouble = (row: QueueLine) => worst(row.waitGrade) * 3 + worst(row.levelGrade, row.abandonedGrade)

/** Of so few calls a share says nothing. */
const few = 5

export const abandonedGrade = (abandoned: number, answered: number, thresholds: Thresholds): Grade =>
  abandoned + answered < few ? undefined : grade((abandoned / (abandoned + answered)) * 100, thresholds.abandoned)
