import { Button } from '@mantine/core'
import { IconMapPinOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Notice } from '~/part/Notice'

/** Says that there is no such page. */
export function NotFound() {
  const { t } = useTranslation()
  return (
    <Notice icon={IconMapPinOff} title={t('state.notFound')} text={t('state.notFoundText')}>
      <Button component="a" href="/panel/" variant="default">
        {t('action.home')}
      </Button>
    </Notice>
  )
}
