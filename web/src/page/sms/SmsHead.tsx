import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { PageHead } from '~/part/PageHead'
import { PageTabs } from '~/part/PageTabs'

/** The head of the group's lists. */
export function SmsHead({ about, children }: { about: string; children?: ReactNode }) {
  const { t } = useTranslation('sms')
  return (
    <>
      <PageHead title={t('title')} about={about}>
        {children}
      </PageHead>
      <PageTabs
        label={t('title')}
        tabs={[
          { to: '/sms/messages', label: t('tab.messages'), rights: ['sms/list'] },
          { to: '/sms/templates', label: t('tab.templates'), rights: ['sms/templates'] },
          { to: '/sms/optouts', label: t('tab.optOuts'), rights: ['sms/optouts'] },
          { to: '/sms/providers', label: t('tab.providers'), rights: ['sms/providers'] },
        ]}
      />
    </>
  )
}
