import { Box, CopyButton, Group, SimpleGrid, Stack, Tooltip, UnstyledButton } from '@mantine/core'
import { IconArrowRight, IconCopy } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { isProblem } from '~/api/problem'
import { BackLink } from '~/part/BackLink'
import { useChoices } from '~/part/choices'
import { Empty } from '~/part/Empty'
import { Figure, Figures } from '~/part/Figures'
import { Loaded } from '~/part/Loaded'
import { Loading } from '~/part/Loading'
import { PageHead } from '~/part/PageHead'
import { PageTabs } from '~/part/PageTabs'
import { Panel } from '~/part/Panel'
import { useSession } from '~/session/session'
import { duration, useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import style from './Call.module.css'
import { Course } from './Course'
import { Legs } from './Legs'
import { Outcome } from './Outcome'
import { Recording } from './Recording'
import { callTabs } from './routes'
import { lastSearch } from './search'
import { useWords } from './words'

const Cdr = lazy(() => import('./Cdr'))
const Decisions = lazy(() => import('./Decisions'))

const route = getRouteApi('/shell/calls/$id')

export default function Call() {
  const { t } = useTranslation('calls')
  const { id } = route.useParams()
  const query = useQuery({ queryKey: ['calls', 'one', id], queryFn: () => data(client.GET('/calls/{id}', { params: { path: { id } } })) })
  return (
    <>
      <BackLink to="/calls" search={lastSearch()}>
        {t('back')}
      </BackLink>
      {isProblem(query.error, 404) ? (
        <>
          <PageHead title={t('call')} />
          <Empty title={t('notFound.title')} text={t('notFound.text')} />
        </>
      ) : (
        <Loaded query={query}>{(call) => <Whole call={call} />}</Loaded>
      )}
    </>
  )
}

function Whole({ call }: { call: Schema<'WholeCall'> }) {
  const { t } = useTranslation('calls')
  const session = useSession()
  const format = useFormat()
  const { tab = 'legs' } = route.useSearch()
  const tabs = callTabs.filter((one) => one !== 'decisions' || (call.direction === 'inbound' && session.may('calls', 'see')))
  return (
    <Stack gap="md">
      <Box>
        <PageHead
          title={
            <Group gap={8} component="span" display="inline-flex" className="tabular">
              {phone(call.caller) || t('noNumber')}
              <IconArrowRight size={18} role="img" aria-label={t('to')} />
              {phone(call.called) || t('noNumber')}
            </Group>
          }
          about={
            <span className="tabular">
              {format.dateTime(call.started)}
              {call.ended && ` – ${format.time(call.ended)}`}
            </span>
          }
        >
          <Outcome disposition={call.disposition} />
        </PageHead>
        <Facts call={call} />
      </Box>
      {call.recordings > 0 && <Recording call={call} />}
      <Panel title={t('course.title')} about={t('course.about')}>
        <Course call={call} />
      </Panel>
      <div>
        <PageTabs
          label={t('call')}
          tabs={tabs.map((one) => ({
            to: '/calls/$id',
            params: { id: call.uuid },
            search: { tab: one === 'legs' ? undefined : one },
            label: t(`tab.${one}`),
            current: tab === one,
            replace: true,
          }))}
        />
        <Suspense fallback={<Loading />}>
          {tab === 'legs' && <Legs call={call} />}
          {tab === 'decisions' && tabs.includes(tab) && <Decisions call={call} />}
          {tab === 'cdr' && <Cdr call={call} />}
        </Suspense>
      </div>
    </Stack>
  )
}

function Facts({ call }: { call: Schema<'WholeCall'> }) {
  const { t } = useTranslation('calls')
  const words = useWords()
  const { projectName } = useChoices()
  const queued = call.queues.length > 0
  const spans: [string, number | undefined][] = [
    [t('fact.duration'), call.duration],
    [t('fact.wait'), queued ? call.wait : undefined],
    [t('fact.talk'), call.talk],
    [t('fact.hold'), call.hold],
    [t('fact.wrapUp'), queued ? call.wrap_up : undefined],
  ]
  const facts: [string, ReactNode][] = [
    [t('fact.direction'), words.direction(call.direction)],
    [t('column.project'), call.project && projectName(call.project)],
    [t('fact.number'), call.number && phone(call.number)],
    [t('fact.name'), call.caller_name !== call.caller_given && call.caller_name],
    [t('fact.queues'), call.queues.join(', ')],
    [t('fact.agents'), call.agents.join(', ')],
    [t('fact.account'), call.account],
    [t('fact.user'), call.user],
    [t('fact.hungUpBy'), words.hungUpBy(call.hung_up_by)],
    [t('fact.cause'), <Cause key="cause" code={call.cause} />],
    [t('fact.switch'), call.switch],
    [t('fact.id'), <Id key="id" id={call.uuid} />],
  ]
  return (
    <>
      <Figures mb="md">
        {spans.map(([name, seconds]) => (
          <Figure key={name} label={name}>
            {seconds === undefined ? '—' : duration(seconds)}
          </Figure>
        ))}
      </Figures>
      <SimpleGrid component="dl" cols={{ base: 2, md: 4 }} spacing="md" verticalSpacing="sm" className={style.facts}>
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name} className={name === t('fact.id') ? style.wide : undefined}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </SimpleGrid>
    </>
  )
}

function Cause({ code }: { code: string }) {
  const words = useWords()
  const said = words.cause(code)
  return said === code ? code : <span title={code}>{said}</span>
}

function Id({ id }: { id: string }) {
  const { t } = useTranslation('calls')
  return (
    <CopyButton value={id}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('copied') : t('copy')}>
          <UnstyledButton onClick={copy} className={style.id} aria-label={`${t('copy')}: ${id}`}>
            {id}
            <IconCopy size={14} aria-hidden />
          </UnstyledButton>
        </Tooltip>
      )}
    </CopyButton>
  )
}
