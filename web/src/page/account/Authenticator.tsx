import { Button, Modal, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { StatusBadge } from '~/part/StatusBadge'
import { sessionQuery, useSession } from '~/session/session'
import { EndAuthenticator } from './EndAuthenticator'
import { Enrolment } from './Enrolment'

/** Whether codes of an authenticator are asked for, and the way to begin and to end with that. */
export function Authenticator() {
  const { t } = useTranslation(['account', 'common'])
  const { totp } = useSession()
  const queries = useQueryClient()
  const [doing, setDoing] = useState<'begin' | 'end'>()
  const close = () => {
    setDoing(undefined)
    void queries.invalidateQueries({ queryKey: sessionQuery.queryKey })
  }
  return (
    <Stack gap="sm" align="flex-start">
      <StatusBadge tone={totp ? 'good' : 'off'}>{totp ? t('totp.on') : t('totp.off')}</StatusBadge>
      <Text size="sm">{totp ? t('totp.onAbout') : t('totp.offAbout')}</Text>
      <Button variant="default" onClick={() => setDoing(totp ? 'end' : 'begin')}>
        {totp ? t('totp.end') : t('totp.begin')}
      </Button>
      <Modal
        opened={doing !== undefined}
        onClose={close}
        closeOnClickOutside={false}
        title={t('totp.title')}
        closeButtonProps={{ 'aria-label': t('common:action.close') }}
      >
        {doing === 'begin' && <Enrolment onDone={close} />}
        {doing === 'end' && <EndAuthenticator onDone={close} />}
      </Modal>
    </Stack>
  )
}
