import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import style from './CodeBlock.module.css'

interface Props {
  /** What it is, for who cannot see it. */
  label: string
  text: string
  /** In px; what is longer scrolls. */
  height?: number
}

/** Text as a machine has it, to be copied. */
export function CodeBlock({ label, text, height = 360 }: Props) {
  const { t } = useTranslation()
  return (
    <div className={style.block}>
      <CopyButton value={text} timeout={2000}>
        {({ copied, copy }) => (
          <Tooltip label={t(copied ? 'action.copied' : 'action.copy')}>
            <ActionIcon
              className={style.copy}
              variant="default"
              size="sm"
              onClick={copy}
              aria-label={`${t(copied ? 'action.copied' : 'action.copy')}: ${label}`}
            >
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
      <section aria-label={label}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
        <pre className={style.text} tabIndex={0} style={{ maxHeight: height }}>
          {text}
        </pre>
      </section>
    </div>
  )
}
