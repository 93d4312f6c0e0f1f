import { Anchor, Group, Select, Text } from '@mantine/core'
import { IconBook2, IconExternalLink, IconTerminal2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, base } from '~/api/client'
import { Loaded } from '~/part/Loaded'
import { Notice } from '~/part/Notice'
import { PageHead } from '~/part/PageHead'
import style from './Api.module.css'
import { Console } from './Console'
import { type Document, operationsOf } from './document'
import { MethodBadge } from './MethodBadge'

const route = getRouteApi('/shell/api')

export default function Api() {
  const { t } = useTranslation('api')
  const query = useQuery({
    queryKey: ['api', 'document'],
    queryFn: async () => (await (await ask(new Request(`${base}/openapi.json`))).json()) as Document,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <>
      <PageHead title={t('title')} about={t('about')}>
        <Anchor href="/api/docs" target="_blank" size="sm" className={style.link}>
          <IconBook2 size={16} aria-hidden />
          {t('docs')}
        </Anchor>
        <Anchor href={`${base}/openapi.json`} target="_blank" size="sm" className={style.link}>
          <IconExternalLink size={16} aria-hidden />
          {t('document')}
        </Anchor>
      </PageHead>
      <Loaded query={query}>{(document) => <Chosen document={document} />}</Loaded>
    </>
  )
}

function Chosen({ document }: { document: Document }) {
  const { t } = useTranslation('api')
  const { operation: id } = route.useSearch()
  const navigate = useNavigate({ from: '/api' })
  const operations = useMemo(() => operationsOf(document), [document])
  const tags = [...new Set(operations.map(({ tag }) => tag))]
  const chosen = operations.find((operation) => operation.id === id)
  return (
    <>
      <Select
        label={t('operation')}
        placeholder={t('choose')}
        mb="md"
        searchable
        maxDropdownHeight={420}
        nothingFoundMessage={t('none')}
        data={tags.map((group) => ({
          group,
          items: operations
            .filter(({ tag }) => tag === group)
            .map(({ id: value, method, path, summary }) => ({ value, label: `${method.toUpperCase()} ${path} — ${summary}` })),
        }))}
        renderOption={({ option }) => {
          const operation = operations.find((one) => one.id === option.value)
          return (
            operation && (
              <Group gap={8} wrap="nowrap" align="flex-start">
                <MethodBadge method={operation.method} />
                <div>
                  <Text size="sm" className={style.path}>
                    {operation.path}
                  </Text>
                  <Text size="xs" c="dimmed" lang="en">
                    {operation.summary}
                  </Text>
                </div>
              </Group>
            )
          )
        }}
        value={chosen?.id ?? null}
        onChange={(value) => void navigate({ search: { operation: value ?? undefined } })}
      />
      {chosen ? (
        <Console key={chosen.id} operation={chosen} document={document} />
      ) : (
        <Notice icon={IconTerminal2} title={t('empty')} text={t('emptyText')} />
      )}
    </>
  )
}
