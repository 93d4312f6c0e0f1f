import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'

const shown = 2

/** The first of some things, and how many more there are. */
export function Several({ all }: { all: readonly string[] }) {
  const { t } = useTranslation('projects')
  const rest = all.length - shown
  return (
    <span className="tabular" title={rest > 0 ? all.join(', ') : undefined}>
      {all.slice(0, shown).join(', ')}
      {rest > 0 && (
        <Text span size="xs" c="dimmed">
          {' '}
          {t('more', { count: rest })}
        </Text>
      )}
    </span>
  )
}
