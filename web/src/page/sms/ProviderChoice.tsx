import { Badge, Group, Paper, SimpleGrid, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { BackLink } from '~/part/BackLink'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import style from './ProviderChoice.module.css'
import { usePresets } from './queries'

/** Who is to carry messages: those that callgate knows, and the ways to others. */
export function ProviderChoice() {
  const { t } = useTranslation('sms')
  const query = usePresets()
  return (
    <>
      <BackLink to="/sms/providers">{t('tab.providers')}</BackLink>
      <PageHead title={t('providers.new')} about={t('providers.newAbout')} />
      <Loaded query={query}>
        {(presets) => (
          <>
            <Title order={2} mb="xs">
              {t('providers.known')}
            </Title>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm" mb="lg">
              {presets
                .toSorted((a, b) => Number(a.experimental) - Number(b.experimental))
                .map(({ name, title, experimental, receipts }) => (
                  <Choice
                    key={name}
                    search={{ kind: 'http', preset: name }}
                    title={title}
                    mark={
                      experimental && (
                        <Badge variant="default" tt="none" fw={500}>
                          {t('providers.experimental')}
                        </Badge>
                      )
                    }
                  >
                    {t(receipts ? 'providers.tellsItself' : 'providers.tellsNot')}
                  </Choice>
                ))}
            </SimpleGrid>
            <Title order={2} mb="xs">
              {t('providers.others')}
            </Title>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
              {(['http', 'smpp', 'log'] as const).map((kind) => (
                <Choice key={kind} search={{ kind }} title={t(`kind.${kind}`)}>
                  {t(`kindAbout.${kind}`)}
                </Choice>
              ))}
            </SimpleGrid>
          </>
        )}
      </Loaded>
    </>
  )
}

interface ChoiceProps {
  search: { kind: 'http' | 'smpp' | 'log'; preset?: string }
  title: string
  mark?: ReactNode
  children: ReactNode
}

const Choice = ({ search, title, mark, children }: ChoiceProps) => (
  <Paper withBorder p="md" className={style.choice} renderRoot={(props) => <Link to="/sms/providers/edit" search={search} {...props} />}>
    <Group justify="space-between" gap="xs" wrap="nowrap">
      <Text fw={600} component="span">
        {title}
      </Text>
      {mark}
    </Group>
    <Text size="sm" c="dimmed" component="span" mt={4}>
      {children}
    </Text>
  </Paper>
)
