import { localStorageColorSchemeManager, MantineProvider, mergeThemeOverrides } from '@mantine/core'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { nonce, theme, variables } from './theme'

const schemes = localStorageColorSchemeManager({ key: 'callgate.theme' })

/** The theme, with the words that Mantine's own buttons lack. */
export function Look({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const close = t('action.close')
  const worded = useMemo(
    () =>
      mergeThemeOverrides(theme, {
        components: { Notification: { defaultProps: { closeButtonProps: { 'aria-label': close } } } },
      }),
    [close],
  )
  return (
    <MantineProvider
      theme={worded}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      colorSchemeManager={schemes}
      getStyleNonce={nonce}
    >
      {children}
    </MantineProvider>
  )
}
