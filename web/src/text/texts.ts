import type account from './en/account.json'
import type api from './en/api.json'
import type calls from './en/calls.json'
import type centre from './en/centre.json'
import type common from './en/common.json'
import type logs from './en/logs.json'
import type modules from './en/modules.json'
import type nav from './en/nav.json'
import type overview from './en/overview.json'
import type projects from './en/projects.json'
import type reports from './en/reports.json'
import type session from './en/session.json'
import type settings from './en/settings.json'
import type sms from './en/sms.json'
import type system from './en/system.json'
import type users from './en/users.json'

/** The texts of every namespace; English has the form, and a test holds Russian to it. */
export interface Texts {
  account: typeof account
  common: typeof common
  nav: typeof nav
  session: typeof session
  overview: typeof overview
  calls: typeof calls
  centre: typeof centre
  reports: typeof reports
  sms: typeof sms
  modules: typeof modules
  users: typeof users
  projects: typeof projects
  settings: typeof settings
  logs: typeof logs
  api: typeof api
  system: typeof system
}

export type Namespace = keyof Texts
