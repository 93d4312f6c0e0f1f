import { Button, Group, Loader, Paper, Stack, Text, ThemeIcon } from '@mantine/core'
import { IconCheck, IconPlugConnected, IconX } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, data, type Schema } from '~/api/client'
import { Panel } from '~/part/Panel'
import { ProblemNote } from '~/part/ProblemNote'
import { useFormat } from '~/text/format'
import { tried, type What } from './groups'
import style from './Trial.module.css'
import { said } from './words'

interface Props {
  what: What
  /** In the place of what is kept. */
  values: () => Record<string, string>
  /** Only one of the switches. */
  of?: string
}

/** Tries what settings are for, and shows step by step what happened. */
export function Trial({ what, values, of }: Props) {
  const { t } = useTranslation(['settings', 'common'])
  const format = useFormat()
  const [at, setAt] = useState<Date>()
  const trial = useMutation({
    mutationFn: () =>
      data(client.POST('/settings/tests/{what}', { params: { path: { what } }, body: { values: values(), ...(of && { switch: of }) } })),
    onSettled: () => setAt(new Date()),
  })
  return (
    <Panel
      title={t('trial.title')}
      about={`${t(`trial.about.${what}`)} ${tried[what] ? t('trial.draft') : t('trial.kept')}`}
      actions={
        <Button variant="default" leftSection={<IconPlugConnected size={16} />} loading={trial.isPending} onClick={() => trial.mutate()}>
          {t('trial.try')}
        </Button>
      }
    >
      <div role="status" aria-live="polite" className={style.result}>
        {trial.isPending && (
          <Group gap="xs">
            <Loader size="xs" />
            <Text size="sm" c="dimmed">
              {t('trial.running')}
            </Text>
          </Group>
        )}
        {!trial.isPending && trial.data && at && <Result result={trial.data} at={format.time(at)} />}
      </div>
      {trial.isError && <ProblemNote failure={trial.error} />}
    </Panel>
  )
}

function Result({ result, at }: { result: Schema<'TrialResult'>; at: string }) {
  const { t } = useTranslation(['settings', 'common'])
  const switches = [...new Set(result.steps.map((step) => step.switch ?? ''))]
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Sign ok={result.ok} />
        <Text fw={600} size="sm">
          {result.ok ? t('trial.ok') : t('trial.bad')}
        </Text>
        <Text size="xs" c="dimmed" className="tabular">
          {t('trial.at', { time: at })}
        </Text>
      </Group>
      {switches.map((name) => (
        <Paper key={name} withBorder p="xs">
          {name && (
            <Text size="sm" fw={500} mb={4}>
              {name}
            </Text>
          )}
          <ol className={style.steps}>
            {result.steps
              .filter((step) => (step.switch ?? '') === name)
              .map((step, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: steps have no name of their own, and their order is what they are
                <Step key={i} step={step} />
              ))}
          </ol>
        </Paper>
      ))}
    </Stack>
  )
}

function Step({ step }: { step: Schema<'TrialStep'> }) {
  const { t, i18n } = useTranslation(['settings', 'common'])
  const known = said(t, step.text)
  const seconds = new Intl.NumberFormat(i18n.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(step.took)
  return (
    <li className={style.step}>
      <Sign ok={step.ok} />
      <Text size="sm" className={style.name}>
        {t(`trial.step.${step.step}`)}
      </Text>
      <Text size="sm" className={style.text} {...(known === undefined && { lang: 'en' })}>
        {known ?? step.text}
        {known !== undefined && !step.ok && (
          <Text size="xs" c="dimmed" lang="en" component="span" display="block">
            {step.text}
          </Text>
        )}
      </Text>
      <Text size="xs" c="dimmed" className="tabular">
        {t('trial.took', { seconds })}
      </Text>
    </li>
  )
}

const Sign = ({ ok }: { ok: boolean }) => (
  <ThemeIcon size={20} radius="xl" variant="light" color={ok ? 'green' : 'red'}>
    {ok ? <IconCheck size={14} aria-hidden /> : <IconX size={14} aria-hidden />}
  </ThemeIcon>
)
