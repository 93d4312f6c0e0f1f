import { Button, Group } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import style from './FilterBar.module.css'

interface Props {
  /** Fields; what they say lies in the page's address. */
  children: ReactNode
  /** Takes all filters away; without it none is set. */
  onReset?: (() => void) | undefined
}

/** The filters of a list. */
export function FilterBar({ children, onReset }: Props) {
  const { t } = useTranslation()
  return (
    <Group role="search" className={style.filters} gap="sm" align="flex-end" mb="md">
      {children}
      {onReset && (
        <Button variant="subtle" className={style.reset} leftSection={<IconX size={16} />} onClick={onReset}>
          {t('action.resetFilters')}
        </Button>
      )}
    </Group>
  )
}
