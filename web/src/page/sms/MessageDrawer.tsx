import { Alert, Drawer, Stack } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { Facts } from '~/part/Facts'
import { Loaded } from '~/part/Loaded'
import { type ProjectName, projectLabel } from '~/part/projects'
import { useFormat } from '~/text/format'
import { phone } from '~/text/phone'
import { Bubble } from './Bubble'
import { StateBadge } from './StateBadge'
import { passing, restOf } from './states'

interface Props {
  id: number | undefined
  projects: readonly ProjectName[]
  onClose: () => void
}

/** One message and what became of it, beside the list. */
export function MessageDrawer({ id, projects, onClose }: Props) {
  const { t } = useTranslation(['sms', 'common'])
  const query = useQuery({
    queryKey: ['sms', 'message', id],
    queryFn: () => data(client.GET('/sms/messages/{id}', { params: { path: { id: id ?? 0 } } })),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data ? restOf([state.data]) : false),
  })
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      position="right"
      size="md"
      title={t('message.title', { id: id ?? '' })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Loaded query={query}>{(message) => <Message message={message} projects={projects} />}</Loaded>
    </Drawer>
  )
}

const digits = (number: string) => number.replace(/\D/g, '')

function Message({ message, projects }: { message: Schema<'Text'>; projects: readonly ProjectName[] }) {
  const { t } = useTranslation('sms')
  const format = useFormat()
  const at = (moment: string | undefined) => moment && <When at={moment} />
  return (
    <Stack gap="md">
      <div>
        <StateBadge state={message.state} />
      </div>
      <Alert color="gray" icon={<IconInfoCircle />} p="xs">
        {t(`stateAbout.${message.state}`)}
        {message.reason && (
          <div>
            <b>{message.reason}</b>
          </div>
        )}
      </Alert>
      <Bubble text={message.text} sender={message.originator} />
      <Facts
        facts={[
          { name: t('column.phone'), value: phone(message.number) },
          { name: t('message.given'), value: digits(message.phone) === digits(message.number) ? '' : message.phone },
          { name: t('message.originator'), value: message.originator },
          { name: t('column.project'), value: message.project && projectLabel(projects, message.project) },
          { name: t('message.session'), value: message.session },
          { name: t('column.provider'), value: message.provider },
          { name: t('message.providerId'), value: message.provider_id },
          {
            name: t('column.parts'),
            value: `${format.number(message.parts)}${message.encoding && ` · ${message.encoding.toUpperCase()}`}`,
          },
          { name: t('message.at'), value: at(message.at) },
          { name: t('message.sent'), value: at(message.sent) },
          { name: t('message.ended'), value: at(message.ended) },
          { name: t('message.due'), value: at(message.due) },
          { name: t('message.until'), value: passing(message.state) && at(message.until) },
          { name: t('message.attempts'), value: message.attempts > 0 && format.number(message.attempts) },
        ]}
      />
    </Stack>
  )
}
