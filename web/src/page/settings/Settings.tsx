import { Alert, Group, Paper, SimpleGrid, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { useSession } from '~/session/session'
import { settingsQuery } from './api'
import { groupsOf } from './groups'
import style from './Settings.module.css'

/** All groups of settings. */
export default function Settings() {
  const { t } = useTranslation('settings')
  const session = useSession()
  const limited = session.projects.length > 0
  const list = useQuery({ ...settingsQuery, enabled: !limited })
  return (
    <>
      <PageHead title={t('title')} about={t('about')} />
      {limited ? (
        <Alert>{t('limited')}</Alert>
      ) : (
        <Loaded query={list}>
          {({ value }) => (
            <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
              {groupsOf((value ?? []).map(({ key }) => key)).map(({ id, icon: Sign }) => (
                <li key={id}>
                  <Paper
                    withBorder
                    p="md"
                    className={style.card}
                    renderRoot={(props) => <Link to="/settings/$group" params={{ group: id }} {...props} />}
                  >
                    <Group gap="sm" wrap="nowrap" align="flex-start">
                      <Sign size={22} stroke={1.5} aria-hidden />
                      <div>
                        <Title order={2} size="h3">
                          {t(`group.${id}.title`)}
                        </Title>
                        <Text size="sm" c="dimmed" mt={2}>
                          {t(`group.${id}.about`)}
                        </Text>
                      </div>
                    </Group>
                  </Paper>
                </li>
              ))}
            </SimpleGrid>
          )}
        </Loaded>
      )}
    </>
  )
}
