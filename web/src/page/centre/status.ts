import type { Status } from '~/part/activity'

/** The key of a status among the texts. */
export const statusKey = {
  Available: 'available',
  'Available (On Demand)': 'onDemand',
  'On Break': 'onBreak',
  'Logged Out': 'loggedOut',
} as const satisfies Record<Status, string>
