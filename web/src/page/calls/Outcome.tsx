import { useTranslation } from 'react-i18next'
import { StatusBadge, type Tone } from '~/part/StatusBadge'
import { type Disposition, dispositions } from './search'

const tones: Readonly<Record<Disposition, Tone>> = {
  answered: 'good',
  abandoned: 'bad',
  no_answer: 'wait',
  busy: 'wait',
  rejected: 'wait',
  failed: 'bad',
  unconnected: 'off',
}

/** How a call ended, in a word. */
export function Outcome({ disposition }: { disposition: string }) {
  const { t } = useTranslation('calls')
  const known = dispositions.find((one) => one === disposition)
  return <StatusBadge tone={known ? tones[known] : 'off'}>{known ? t(`disposition.${known}`) : disposition}</StatusBadge>
}
