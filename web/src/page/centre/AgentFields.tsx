import { NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { useSession } from '~/session/session'
import { type AgentValues, delays, types } from './agent'

/** How an agent is rung, and when again. */
export function AgentFields({ form, disabled = false }: { form: UseFormReturnType<AgentValues>; disabled?: boolean }) {
  const { t } = useTranslation('centre')
  const session = useSession()
  const texts = session.may('switch', 'texts')
  return (
    <>
      <TextInput
        label={t('agent.contact')}
        description={texts ? t('agent.contactAbout') : t('field.textsRight')}
        placeholder="user/1000"
        disabled={disabled || !texts}
        {...form.getInputProps('contact')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
        {delays.map((key) => (
          <NumberInput
            key={key}
            label={t(`delay.${key}.label`)}
            description={t(`delay.${key}.about`)}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            suffix={key === 'max_no_answer' ? '' : ` ${t('second')}`}
            min={0}
            max={86_400}
            allowDecimal={false}
            disabled={disabled}
            {...form.getInputProps(key)}
          />
        ))}
        <Select
          label={t('agent.type')}
          description={t('agent.typeAbout')}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data={types.map((type) => ({ value: type, label: t(`type.${type}`) }))}
          allowDeselect={false}
          disabled={disabled}
          {...form.getInputProps('type')}
        />
      </SimpleGrid>
    </>
  )
}
