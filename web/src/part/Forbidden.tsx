import { IconLock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Right } from '~/session/session'
import { Notice } from './Notice'

/** Says that a right is missing, and which: who gives it has to know. */
export function Forbidden({ rights = [] }: { rights?: readonly Right[] }) {
  const { t } = useTranslation()
  return (
    <Notice
      icon={IconLock}
      title={t('state.forbidden')}
      text={rights.length > 0 ? t('state.rightWanted', { right: rights.join(', ') }) : t('state.forbiddenText')}
    />
  )
}
