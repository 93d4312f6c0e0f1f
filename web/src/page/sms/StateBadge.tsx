import { useTranslation } from 'react-i18next'
import { StatusBadge } from '~/part/StatusBadge'
import { type State, tones } from './states'

/** How far a message has come. */
export function StateBadge({ state }: { state: State }) {
  const { t } = useTranslation('sms')
  return <StatusBadge tone={tones[state]}>{t(`state.${state}`)}</StatusBadge>
}
