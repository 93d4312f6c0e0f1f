import { Center, Loader } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

/** What is shown while something is fetched; nothing for the first moment, as most of it takes no longer. */
export function Loading() {
  const { t } = useTranslation()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), 250)
    return () => window.clearTimeout(timer)
  }, [])
  return (
    <Center mih={160} role="status" aria-busy>
      {late && <Loader aria-label={t('state.loading')} />}
    </Center>
  )
}
