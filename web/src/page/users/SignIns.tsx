import { useTranslation } from 'react-i18next'
import { client, data } from '~/api/client'
import { Empty } from '~/part/Empty'
import { Panel } from '~/part/Panel'
import { SignInTable } from '~/part/SignInTable'

/** Who tried to sign in as a user, and whether he could. */
export function SignIns({ login }: { login: string }) {
  const { t } = useTranslation('users')
  return (
    <Panel title={t('tab.signins')} about={t('signins.about')}>
      <SignInTable
        label={t('tab.signins')}
        of={['users', login]}
        limit={50}
        ask={(query) => data(client.GET('/users/{login}/signins', { params: { path: { login }, query } }))}
        empty={<Empty title={t('signins.none')} text={t('signins.noneAbout')} />}
      />
    </Panel>
  )
}
