import { Button, Group, Modal, NumberInput, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { defaults, keepThresholds, measures, type Thresholds, useThresholds } from './threshold'

const units = { wait: 'seconds', level: 'percent', abandoned: 'percent', pause: 'minutes' } as const

/** From where on the board is yellow and red, on this screen. */
export function ThresholdForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['overview', 'common'])
  const current = useThresholds()
  const form = useForm<Thresholds>({
    initialValues: current,
    validate: (values) =>
      Object.fromEntries(
        measures.flatMap((measure) => {
          const { warn, bad } = values[measure]
          const order = measure === 'level' ? warn >= bad : warn <= bad
          const given = typeof warn === 'number' && typeof bad === 'number'
          return given && order ? [] : [[`${measure}.bad`, given ? t('threshold.order') : t('threshold.number')]]
        }),
      ),
  })
  return (
    <Modal opened onClose={onClose} title={t('threshold.title')} closeButtonProps={{ 'aria-label': t('common:action.close') }}>
      <form
        onSubmit={form.onSubmit((values) => {
          keepThresholds(values)
          onClose()
        })}
      >
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            {t('threshold.about')}
          </Text>
          {measures.map((measure) => (
            <fieldset key={measure} style={{ border: 0, padding: 0, margin: 0 }}>
              <Text component="legend" size="sm" fw={500} mb={4}>
                {t(`threshold.${measure}`)}
              </Text>
              <Group grow align="flex-start" gap="xs">
                {(['warn', 'bad'] as const).map((side) => (
                  <NumberInput
                    key={side}
                    label={t(`threshold.${side}`)}
                    suffix={` ${t(`threshold.${units[measure]}`)}`}
                    min={0}
                    max={measure === 'level' || measure === 'abandoned' ? 100 : 86_400}
                    allowDecimal={false}
                    {...form.getInputProps(`${measure}.${side}`)}
                  />
                ))}
              </Group>
            </fieldset>
          ))}
          <Button variant="subtle" size="compact-sm" mx={-8} style={{ alignSelf: 'flex-start' }} onClick={() => form.setValues(defaults)}>
            {t('threshold.defaults')}
          </Button>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit">{t('common:action.save')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
