import { Text, Timeline } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { Empty } from '~/part/Empty'
import { Loaded } from '~/part/Loaded'
import { useFormat } from '~/text/format'
import { useWords } from './words'

/** What callgate decided about an inbound call, step by step. */
export default function Decisions({ call }: { call: Schema<'WholeCall'> }) {
  const { t } = useTranslation('calls')
  const words = useWords()
  const format = useFormat()
  const from = new Date(Date.parse(call.started) - 60_000).toISOString()
  const query = useQuery({
    queryKey: ['calls', 'decisions', call.uuid],
    queryFn: () => data(client.GET('/decisions', { params: { query: { from, call: call.uuid, limit: 1000 } } })),
  })
  return (
    <Loaded query={query}>
      {({ decisions }) =>
        decisions.length === 0 ? (
          <Empty title={t('decision.none')} text={t('decision.noneText')} />
        ) : (
          <Timeline bulletSize={12} lineWidth={2} active={decisions.length}>
            {decisions.map(({ at, step, detail, route }) => (
              <Timeline.Item key={`${at} ${step}`} title={words.step(step)}>
                <Text size="sm">{step === 'route' ? t(detail === 'closed' ? 'decision.closed' : 'decision.open', { route }) : detail}</Text>
                <Text size="xs" c="dimmed" className="tabular">
                  {format.time(at)}
                </Text>
              </Timeline.Item>
            ))}
          </Timeline>
        )
      }
    </Loaded>
  )
}
