import * as api from '~/page/api/routes'
import * as calls from '~/page/calls/routes'
import * as centre from '~/page/centre/routes'
import * as logs from '~/page/logs/routes'
import * as modules from '~/page/modules/routes'
import * as overview from '~/page/overview/routes'
import * as projects from '~/page/projects/routes'
import * as reports from '~/page/reports/routes'
import * as settings from '~/page/settings/routes'
import * as sms from '~/page/sms/routes'
import * as system from '~/page/system/routes'
import * as users from '~/page/users/routes'
import type { Session } from '~/session/session'
import type { Entry } from './entry'

interface Section {
  label: 'section.work' | 'section.manage' | 'section.service'
  entries: readonly Entry[]
}

const all: readonly Section[] = [
  { label: 'section.work', entries: [...overview.entries, ...calls.entries, ...centre.entries, ...sms.entries, ...reports.entries] },
  { label: 'section.manage', entries: [...modules.entries, ...users.entries, ...projects.entries, ...settings.entries] },
  { label: 'section.service', entries: [...logs.entries, ...api.entries, ...system.entries] },
]

/** The navigation of somebody: what he may not open is not there. */
export const sectionsOf = (session: Session): Section[] =>
  all
    .map((section) => ({ ...section, entries: section.entries.filter((entry) => session.mayAny(entry.rights)) }))
    .filter((section) => section.entries.length > 0)
