import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { PageHead } from '~/part/PageHead'
import { PageTabs } from '~/part/PageTabs'

/** The head of the group's lists. */
export function LogsHead({ about, children }: { about: string; children?: ReactNode }) {
  const { t } = useTranslation('logs')
  return (
    <>
      <PageHead title={t('title')} about={about}>
        {children}
      </PageHead>
      <PageTabs
        label={t('title')}
        tabs={[
          { to: '/logs/requests', label: t('tab.requests'), rights: ['requests/see'] },
          { to: '/logs/refused', label: t('tab.refused'), rights: ['requests/see'] },
          { to: '/logs/audit', label: t('tab.audit'), rights: ['audit/see'] },
          { to: '/logs/webhooks', label: t('tab.webhooks'), rights: ['webhooks/see'] },
        ]}
      />
    </>
  )
}
