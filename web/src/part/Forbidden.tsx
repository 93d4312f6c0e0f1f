import { IconLock } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import type { Right } from '~/session/session'
import { Notice } from './Notice'

const RightsWanted = lazy(() => import('./RightsWanted'))

/** Says that a right is missing, and which: who gives it has to know. */
export function Forbidden({ rights = [] }: { rights?: readonly Right[] }) {
  const { t } = useTranslation()
  return (
    <Notice
      icon={IconLock}
      title={t('state.forbidden')}
      text={
        rights.length === 0 ? (
          t('state.forbiddenText')
        ) : (
          <Suspense>
            <RightsWanted rights={rights} />
          </Suspense>
        )
      }
    />
  )
}
