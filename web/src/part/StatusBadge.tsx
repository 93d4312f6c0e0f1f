import { Badge } from '@mantine/core'
import type { ReactNode } from 'react'
import style from './StatusBadge.module.css'

/** good and bad are judgements; active is what goes on, wait what is to come, off what is not in use. */
export type Tone = 'good' | 'active' | 'wait' | 'bad' | 'off'

const colors: Readonly<Record<Tone, string>> = { good: 'green', active: 'blue', wait: 'yellow', bad: 'red', off: 'gray' }

/** A state in one or two words; the words say it too, not the colour alone. */
export const StatusBadge = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <Badge variant="dot" color={colors[tone]} tt="none" fw={500} className={style.badge}>
    {children}
  </Badge>
)
