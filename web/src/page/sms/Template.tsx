import { Grid, Paper, Select, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { client, data, ifMatch, type Schema, type Tagged, tagged } from '~/api/client'
import { BackLink } from '~/part/BackLink'
import { useConfirm } from '~/part/Confirm'
import { Loaded } from '~/part/Loaded'
import { PageHead } from '~/part/PageHead'
import { ProblemNote } from '~/part/ProblemNote'
import { projectLabel, useProjectNames } from '~/part/projects'
import { RemoveButton } from '~/part/RemoveButton'
import { SaveBar } from '~/part/SaveBar'
import { useSave } from '~/part/save'
import { useSession } from '~/session/session'
import { Bubble, Counter } from './Bubble'
import { nameForm } from './names'
import { pieces } from './pieces'
import { TemplateText } from './TemplateText'

const route = getRouteApi('/shell/sms/templates/edit')

type Known = Tagged<Schema<'Template'>>

export default function Template() {
  const { name } = route.useSearch()
  const query = useQuery({
    queryKey: ['sms', 'template', name],
    queryFn: () => tagged(client.GET('/sms/templates/{name}', { params: { path: { name: name ?? '' } } })),
    enabled: name !== undefined,
    staleTime: Number.POSITIVE_INFINITY, // what is typed is about what was read
    gcTime: 0,
  })
  if (name === undefined) return <Form key="new" known={undefined} reload={undefined} />
  return <Loaded query={query}>{(known) => <Form key={known.etag} known={known} reload={() => void query.refetch()} />}</Loaded>
}

function Form({ known, reload }: { known: Known | undefined; reload: (() => void) | undefined }) {
  const { t } = useTranslation(['sms', 'common'])
  const session = useSession()
  const projects = useProjectNames()
  const navigate = useNavigate()
  const confirm = useConfirm()
  const queryClient = useQueryClient()
  const form = useForm({
    initialValues: { name: known?.value.name ?? '', project: known?.value.project || null, text: known?.value.text ?? '' },
    validate: {
      name: (name) => (known || nameForm.test(name) ? null : t('wrong.name')),
      text: (text) => {
        const { fault } = pieces(text)
        if (text.trim() === '') return t('send.noText')
        return fault ? t(`wrong.template.${fault.kind}`, { at: fault.at }) : null
      },
    },
    validateInputOnChange: ['text'],
  })
  const gone = () => {
    void queryClient.invalidateQueries({ queryKey: ['sms', 'templates'] })
    void navigate({ to: '/sms/templates' })
  }
  const save = useSave(
    form,
    ({ name, project, text }) =>
      data(
        client.PUT('/sms/templates/{name}', {
          params: { path: { name }, header: known ? ifMatch(known.etag) : { 'If-None-Match': '*' as const } },
          body: { text, ...(project && { project }) },
        }),
      ),
    {
      onSaved: () => {
        notifications.show({ color: 'green', message: t('templates.saved') })
        gone()
      },
    },
  )
  const remove = useMutation({
    mutationFn: (name: string) => data(client.DELETE('/sms/templates/{name}', { params: { path: { name } } })),
    onSuccess: gone,
  })
  const { text } = form.values
  return (
    <>
      <BackLink to="/sms/templates">{t('tab.templates')}</BackLink>
      <PageHead title={known?.value.name ?? t('templates.new')}>
        {known && (
          <RemoveButton
            loading={remove.isPending}
            onClick={async () => {
              const sure = await confirm({
                title: t('templates.removeTitle', { name: known.value.name }),
                text: t('templates.removeText'),
                action: t('common:action.delete'),
                danger: true,
              })
              if (sure) {
                form.resetDirty()
                remove.mutate(known.value.name)
              }
            }}
          >
            {t('common:action.delete')}
          </RemoveButton>
        )}
      </PageHead>
      {remove.isError && <ProblemNote failure={remove.error} />}
      <form onSubmit={save.submit}>
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Paper withBorder p="md">
              <Stack gap="sm">
                {!known && (
                  <TextInput
                    label={t('column.name')}
                    description={t('nameAbout')}
                    maxLength={32}
                    data-autofocus
                    {...form.getInputProps('name')}
                  />
                )}
                <Textarea
                  label={t('column.text')}
                  description={t('templates.textAbout')}
                  autosize
                  minRows={5}
                  maxRows={16}
                  {...form.getInputProps('text')}
                />
                <Select
                  label={t('column.project')}
                  description={t('templates.projectAbout')}
                  data={projects.map(({ id }) => ({ value: id, label: projectLabel(projects, id) }))}
                  placeholder={t('anyProject')}
                  clearable={session.projects.length === 0}
                  searchable
                  {...form.getInputProps('project')}
                />
              </Stack>
            </Paper>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Paper withBorder p="md" component="section">
              <Title order={2} mb="xs">
                {t('send.preview')}
              </Title>
              <Bubble text={text}>
                {text ? (
                  <TemplateText text={text} />
                ) : (
                  <Text c="dimmed" inherit>
                    {t('send.previewEmpty')}
                  </Text>
                )}
              </Bubble>
              <Text mt="xs">
                <Counter text={text} />
              </Text>
              <Text size="xs" c="dimmed">
                {t('templates.countAbout')}
              </Text>
            </Paper>
            <SaveBar
              form={form}
              save={save}
              onCancel={() => void navigate({ to: '/sms/templates' })}
              {...(reload && { onReload: reload })}
            />
          </Grid.Col>
        </Grid>
      </form>
    </>
  )
}
