import { Alert, Anchor, Drawer, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { CodeBlock } from '~/part/CodeBlock'
import { Facts } from '~/part/Facts'
import { projectLabel, useProjectNames } from '~/part/projects'
import { useSession } from '~/session/session'
import { Status } from './Status'
import { moreThan, reasonOf } from './why'

type Row = Schema<'Request'>

/** One request: what came, what was answered and why. */
export function RequestDrawer({ row, onClose }: { row: Row | undefined; onClose: () => void }) {
  const { t } = useTranslation(['logs', 'common'])
  return (
    <Drawer
      opened={row !== undefined}
      onClose={onClose}
      position="right"
      size="md"
      title={row && `/${row.module}/${row.action}`}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {row && <Details row={row} />}
    </Drawer>
  )
}

function Details({ row }: { row: Row }) {
  const { t } = useTranslation('logs')
  const session = useSession()
  const projects = useProjectNames()
  const reason = reasonOf(row.why)
  const off = reason === 'switched_off' || reason === 'switched_off_for_project'
  return (
    <Stack gap="md">
      {reason && (
        <Alert color={row.status >= 500 ? 'red' : 'yellow'} title={t(`why.${reason}.title`)}>
          <Text size="sm">{t(`why.${reason}.help`)}</Text>
          {off && session.may('modules', 'see') && (
            <Anchor size="sm" c="inherit" underline="always" renderRoot={(props) => <Link to="/modules" {...props} />}>
              {t('request.toModules')}
            </Anchor>
          )}
          {reason === 'no_right' && session.may('users', 'see') && (
            <Anchor size="sm" c="inherit" underline="always" renderRoot={(props) => <Link to="/users" {...props} />}>
              {t('request.toUsers')}
            </Anchor>
          )}
        </Alert>
      )}
      <Facts
        facts={[
          { name: t('column.at'), value: <When at={row.at} /> },
          { name: t('column.status'), value: <Status status={row.status} /> },
          { name: t('column.user'), value: row.user || t('request.nobody') },
          { name: t('column.project'), value: row.project && projectLabel(projects, row.project) },
          { name: t('request.answer'), value: row.error },
          { name: t('request.reason'), value: row.reason && moreThan(row.reason) },
          { name: t('request.id'), value: row.request },
        ]}
      />
      {row.body && (
        <div>
          <Text size="sm" c="dimmed" mb={4}>
            {t('request.body')}
          </Text>
          <CodeBlock label={t('request.body')} text={pretty(row.body)} />
        </div>
      )}
    </Stack>
  )
}

/** JSON as people read it; what is none as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
