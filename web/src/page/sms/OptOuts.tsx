import { ActionIcon, Button, Group, Modal, MultiSelect, Select, Stack, Text, TextInput, Tooltip } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconHandStop, IconPlus, IconTrash } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { When } from '~/part/Ago'
import { useConfirm } from '~/part/Confirm'
import { CursorPager } from '~/part/CursorPager'
import { DataTable } from '~/part/DataTable'
import { Empty } from '~/part/Empty'
import { FilterBar } from '~/part/FilterBar'
import { Forbidden } from '~/part/Forbidden'
import { Loaded } from '~/part/Loaded'
import { ProblemNote } from '~/part/ProblemNote'
import { projectLabel, useProjectNames } from '~/part/projects'
import { useSave } from '~/part/save'
import { TextFilter } from '~/part/TextFilter'
import { useSession } from '~/session/session'
import { phone } from '~/text/phone'
import { SmsHead } from './SmsHead'

const route = getRouteApi('/shell/sms/optouts')

export default function OptOuts() {
  const { t } = useTranslation(['sms', 'common'])
  const session = useSession()
  const projects = useProjectNames()
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/sms/optouts' })
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const [adding, { open, close }] = useDisclosure()
  const query = useInfiniteQuery({
    queryKey: ['sms', 'optouts', search],
    queryFn: ({ pageParam }) =>
      data(
        client.GET('/sms/optouts', {
          params: {
            query: {
              ...(search.phone && { phone: search.phone }),
              ...(search.project && { project: search.project }),
              ...(pageParam && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    enabled: session.seesNumbers,
  })
  const remove = useRemove()
  const filtered = Boolean(search.phone || search.project)
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      {t('optOuts.add')}
    </Button>
  )
  return (
    <>
      <SmsHead about={t('optOuts.about')}>{add}</SmsHead>
      {remove.failure !== null && <ProblemNote failure={remove.failure} />}
      {session.seesNumbers ? (
        <>
          <FilterBar onReset={filtered ? () => set({ phone: undefined, project: undefined }) : undefined}>
            <TextFilter label={t('column.phone')} value={search.phone} onChange={(phone) => set({ phone })} />
            {projects.length > 1 && (
              <MultiSelect
                label={t('column.project')}
                data={projects.map(({ id }) => ({ value: id, label: projectLabel(projects, id) }))}
                value={search.project ?? []}
                onChange={(chosen) => set({ project: chosen.length > 0 ? chosen : undefined })}
                placeholder={search.project ? '' : t('filter.any')}
                clearable
                w={200}
              />
            )}
          </FilterBar>
          <Loaded query={query}>
            {({ pages }) => {
              const rows = pages.flatMap(({ optouts }) => optouts)
              return (
                <>
                  <DataTable
                    label={t('tab.optOuts')}
                    rows={rows}
                    id={({ number, project }) => `${number} ${project}`}
                    columns={[
                      {
                        key: 'number',
                        head: t('column.phone'),
                        phone: 'title',
                        cell: ({ number }) => <span className="tabular">{phone(number)}</span>,
                      },
                      {
                        key: 'project',
                        head: t('column.project'),
                        cell: ({ project }) => (project ? projectLabel(projects, project) : t('anyProject')),
                      },
                      { key: 'at', head: t('column.since'), cell: ({ at }) => <When at={at} /> },
                      { key: 'by', head: t('column.by'), cell: ({ by }) => by },
                      {
                        key: 'remove',
                        head: '',
                        align: 'end',
                        width: 60,
                        cell: (row) => (
                          <Tooltip label={t('optOuts.remove')}>
                            <ActionIcon
                              variant="subtle"
                              color="red"
                              aria-label={`${t('optOuts.remove')}: ${phone(row.number)}`}
                              onClick={() => remove.ask(row)}
                            >
                              <IconTrash size={16} />
                            </ActionIcon>
                          </Tooltip>
                        ),
                      },
                    ]}
                    empty={
                      filtered ? (
                        <Empty title={t('optOuts.notFound')} text={t('optOuts.notFoundText')} />
                      ) : (
                        <Empty icon={IconHandStop} title={t('optOuts.empty')} text={t('optOuts.emptyText')}>
                          {add}
                        </Empty>
                      )
                    }
                  />
                  {rows.length > 0 && <CursorPager query={query} shown={rows.length} />}
                </>
              )
            }}
          </Loaded>
        </>
      ) : (
        <Forbidden rights={['numbers/see']} />
      )}
      <Modal opened={adding} onClose={close} title={t('optOuts.addTitle')} closeButtonProps={{ 'aria-label': t('common:action.close') }}>
        <Add onDone={close} />
      </Modal>
    </>
  )
}

function useRemove() {
  const { t } = useTranslation('sms')
  const confirm = useConfirm()
  const queryClient = useQueryClient()
  const mutation = useMutation({
    mutationFn: ({ number, project }: Schema<'OptOut'>) =>
      data(client.DELETE('/sms/optouts/{number}', { params: { path: { number }, query: project ? { project } : {} } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['sms', 'optouts'] }),
  })
  const ask = async (row: Schema<'OptOut'>) => {
    const sure = await confirm({
      title: t('optOuts.removeTitle', { number: phone(row.number) }),
      text: t('optOuts.removeText'),
      action: t('optOuts.remove'),
    })
    if (sure) mutation.mutate(row)
  }
  return { ask: (row: Schema<'OptOut'>) => void ask(row), failure: mutation.error }
}

function Add({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation(['sms', 'common'])
  const session = useSession()
  const projects = useProjectNames()
  const queryClient = useQueryClient()
  const limited = session.projects.length > 0
  const form = useForm({
    initialValues: { number: '', project: limited ? (session.projects[0] ?? null) : null },
    validate: { number: (typed) => (/^\d{5,24}$/.test(typed.replace(/\D/g, '')) ? null : t('send.wrongPhone', { phone: typed })) },
  })
  const save = useSave(
    form,
    ({ number, project }) =>
      data(client.PUT('/sms/optouts/{number}', { params: { path: { number: number.trim() }, query: project ? { project } : {} } })),
    {
      onSaved: ({ number, stopped }) => {
        notifications.show({ color: 'green', message: t('optOuts.added', { number: phone(number), count: stopped }) })
        void queryClient.invalidateQueries({ queryKey: ['sms', 'optouts'] })
        onDone()
      },
    },
  )
  return (
    <form onSubmit={save.submit}>
      <Stack gap="sm">
        <Text size="sm">{t('optOuts.addText')}</Text>
        <TextInput label={t('column.phone')} inputMode="tel" maxLength={24} data-autofocus {...form.getInputProps('number')} />
        {projects.length > 0 && (
          <Select
            label={t('column.project')}
            data={projects.map(({ id }) => ({ value: id, label: projectLabel(projects, id) }))}
            placeholder={t('anyProject')}
            clearable={!limited}
            {...form.getInputProps('project')}
          />
        )}
        {save.failure !== undefined && <ProblemNote failure={save.failure} />}
        <Group justify="flex-end" gap="xs" mt="xs">
          <Button variant="default" onClick={onDone}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={save.saving}>
            {t('optOuts.add')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
