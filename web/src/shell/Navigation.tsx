import { Box, NavLink, Text } from '@mantine/core'
import { Link, useMatchRoute } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useSession } from '~/session/session'
import style from './Shell.module.css'
import { sectionsOf } from './sections'

/** The pages that one may open. */
export function Navigation({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation('nav')
  const session = useSession()
  const match = useMatchRoute()
  return (
    <>
      {sectionsOf(session).map((section) => (
        <Box key={section.label} mb="sm">
          <Text className={style.section}>{t(section.label)}</Text>
          {section.entries.map(({ to, label, icon: Sign }) => {
            const here = Boolean(match({ to, fuzzy: to !== '/' }))
            return (
              <NavLink
                key={to}
                className={style.link}
                renderRoot={(props) => <Link to={to} {...props} />}
                label={t(label)}
                leftSection={<Sign size={18} stroke={1.5} aria-hidden />}
                active={here}
                aria-current={here ? 'page' : undefined}
                onClick={onGo}
              />
            )
          })}
        </Box>
      ))}
    </>
  )
}
