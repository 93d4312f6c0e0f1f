import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { Since } from '~/part/Duration'

// longest_wait is as of when it was told, and grows from then on.
const told = new WeakMap<Schema<'Queue'>, number>()

/** How long the first of those who wait has waited; ticks. */
export function Waited({ queue }: { queue: Schema<'Queue'> }) {
  const { t } = useTranslation('centre')
  if (queue.waiting === 0) return t('none')
  const since = told.get(queue) ?? Math.round(Date.now() / 1000 - queue.longest_wait)
  told.set(queue, since)
  return <Since at={since} />
}
