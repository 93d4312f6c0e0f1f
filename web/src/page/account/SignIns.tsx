import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { Panel } from '~/part/Panel'
import { SignInTable } from '~/part/SignInTable'

/** Attempts to sign in as oneself. */
export function SignIns() {
  const { t } = useTranslation('account')
  return (
    <Panel title={t('signins.title')} about={t('signins.about')}>
      <SignInTable
        label={t('signins.title')}
        of={['account']}
        limit={10}
        ask={(query) => data(client.GET('/me/signins', { params: { query } }))}
      />
    </Panel>
  )
}
