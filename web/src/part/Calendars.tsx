import '@mantine/dates/styles.css'
import 'dayjs/locale/ru'
import { DatesProvider } from '@mantine/dates'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

/** Calendars in the language of the page, of weeks that begin on Monday. */
export const Calendars = ({ children }: { children: ReactNode }) => (
  <DatesProvider settings={{ locale: useTranslation().i18n.language, firstDayOfWeek: 1 }}>{children}</DatesProvider>
)
