import type { ComponentType } from 'react'
import type { ReportName, ReportSearch } from './search'

export interface ViewProps {
  search: ReportSearch
}

/** Fetches what shows a report. */
export const views: Readonly<Record<ReportName, () => Promise<{ default: ComponentType<ViewProps> }>>> = {
  centre: () => import('./Centre'),
  queues: () => import('./Queues'),
  agents: () => import('./Agents'),
  numbers: () => import('./Numbers'),
  heatmap: () => import('./HeatMap'),
  causes: () => import('./Causes'),
}
