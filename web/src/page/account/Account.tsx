import { SimpleGrid, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useTranslation } from 'react-i18next'
import { PageHead } from '~/part/PageHead'
import { Panel } from '~/part/Panel'
import { PasswordForm } from '~/session/PasswordForm'
import { useSession } from '~/session/session'
import { Authenticator } from './Authenticator'
import { Keys } from './Keys'
import { Profile } from './Profile'
import { SignIns } from './SignIns'
import { Tokens } from './Tokens'

/** What somebody sees and changes of his own account. */
export default function Account() {
  const { t } = useTranslation('account')
  const { login } = useSession()
  return (
    <>
      <PageHead title={t('title')} about={t('about')} />
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
          <Stack gap="md">
            <Panel title={t('profile.title')}>
              <Profile />
            </Panel>
            <Panel title={t('totp.title')} about={t('totp.about')}>
              <Authenticator />
            </Panel>
          </Stack>
          <Panel title={t('password.title')} about={t('password.about')}>
            <PasswordForm login={login} onDone={() => notifications.show({ message: t('password.done'), color: 'green' })} />
          </Panel>
        </SimpleGrid>
        <Tokens />
        <Keys />
        <SignIns />
      </Stack>
    </>
  )
}
