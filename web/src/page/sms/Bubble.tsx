import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '~/text/format'
import style from './Bubble.module.css'
import { count } from './count'

interface Props {
  text: string
  /** Instead of the text, with marks in it. */
  children?: ReactNode
  sender?: string
}

/** A message as the one sees it who gets it. */
export const Bubble = ({ text, children, sender }: Props) => (
  <div className={style.phone}>
    {sender && (
      <Text size="xs" c="dimmed" ta="center" mb={6}>
        {sender}
      </Text>
    )}
    <div className={style.bubble}>{children ?? text}</div>
  </div>
)

/** How long a text is, and in how many parts it is sent. */
export function Counter({ text }: { text: string }) {
  const { t } = useTranslation('sms')
  const format = useFormat()
  const { encoding, used, room, parts } = count(text)
  return (
    <Text component="span" size="xs" c="dimmed" className="tabular">
      {t('counter.line', { used: format.number(used), room: format.number(room), parts: t('counter.parts', { count: parts }) })}
      {encoding === 'ucs-2' && used > 0 && ` · ${t('counter.ucs2')}`}
    </Text>
  )
}
