import { Button, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Door } from './Door'
import { leave } from './leave'
import { PasswordForm } from './PasswordForm'
import { sessionQuery, useSession } from './session'

export default function PasswordPage() {
  const { t } = useTranslation('session')
  const { next } = useSearch({ from: '/password' })
  const session = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const done = async () => {
    await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })
    await navigate({ to: next ?? '/', replace: true })
  }
  return (
    <Door title={t('mustChange')}>
      <Text size="sm" c="dimmed" mb="md">
        {t('mustChangeAbout')}
      </Text>
      <PasswordForm login={session.login} onDone={() => void done()} />
      <Button variant="subtle" fullWidth mt="xs" onClick={() => void leave()}>
        {t('signOut')}
      </Button>
    </Door>
  )
}
