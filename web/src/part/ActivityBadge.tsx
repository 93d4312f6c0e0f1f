import { useTranslation } from 'react-i18next'
import { type Activity, activityTone } from './activity'
import { StatusBadge } from './StatusBadge'

/** What an agent does. */
export function ActivityBadge({ activity }: { activity: Activity }) {
  const { t } = useTranslation()
  return <StatusBadge tone={activityTone[activity]}>{t(`activity.${activity}`)}</StatusBadge>
}
