import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import '~/look/global.css'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from '~/api/query'
import { Look } from '~/look/Look'
import { nonce } from '~/look/theme'
import { ConfirmProvider } from '~/part/Confirm'
import { router } from '~/router'
import { sessionQuery } from '~/session/session'
import { startTexts } from '~/text/i18n'

// What holds the page still behind a dialog makes styles of its own, and looks for their nonce here.
Object.assign(window, { __webpack_nonce__: nonce() })

// What nearly every page waits for is asked for at once, not one after another.
const texts = startTexts()
void queries.prefetchQuery(sessionQuery)
import('~/shell/Shell').catch(() => undefined) // who shows it tells of failures
await texts

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Look>
        <QueryClientProvider client={queries}>
          <Notifications position="bottom-right" />
          <ConfirmProvider>
            <RouterProvider router={router} />
          </ConfirmProvider>
        </QueryClientProvider>
      </Look>
    </StrictMode>,
  )
}
