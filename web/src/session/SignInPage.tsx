import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Door } from './Door'
import { SignInForm } from './SignInForm'

export default function SignInPage() {
  const { t } = useTranslation('session')
  const { next } = useSearch({ from: '/sign-in' })
  const navigate = useNavigate()
  useEffect(() => {
    // What comes next is fetched while the password is typed.
    void import('~/shell/Shell')
  }, [])
  return (
    <Door title={t('title')}>
      <SignInForm onDone={() => void navigate({ to: next ?? '/', replace: true })} />
    </Door>
  )
}
