import type { Schema } from '~/api/client'

type Disk = Schema<'DiskStatus'>['what']

/** What somebody should do something about. */
export type Trouble =
  | { kind: 'noSwitches' | 'database' }
  | { kind: 'switch' | 'stale'; name: string; why?: string | undefined }
  | { kind: 'disk'; what: Disk }
  | { kind: 'gaps' | 'spool'; count: number }

const little = 0.05 // of a disk
const many = 100 // files that wait are no burst any more

/** What is wrong with a status, the worst first. */
export function troublesOf(status: Schema<'Status'>): Trouble[] {
  const found: Trouble[] = []
  if (!status.database.ok) found.push({ kind: 'database' })
  if (status.switches.length === 0) found.push({ kind: 'noSwitches' })
  for (const { name, up, trouble, age } of status.switches) {
    if (!up) found.push({ kind: 'switch', name, why: trouble })
    else if (age === undefined) found.push({ kind: 'stale', name })
  }
  for (const { what, free, size } of status.disks) if (size > 0 && free / size < little) found.push({ kind: 'disk', what })
  if (status.cdr_gaps > 0) found.push({ kind: 'gaps', count: status.cdr_gaps })
  if (status.spool_files !== undefined && status.spool_files > many) found.push({ kind: 'spool', count: status.spool_files })
  return found
}
