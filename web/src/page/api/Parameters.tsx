import { MultiSelect, Select, SimpleGrid, TagsInput, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { type Parameter, typeOf } from './document'
import { keyOf, type Values } from './request'

interface Props {
  parameters: readonly Parameter[]
  values: Values
  onChange: (key: string, value: string | string[]) => void
}

/** What goes into the path, behind it and into the head of a request. */
export function Parameters({ parameters, values, onChange }: Props) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" style={{ alignItems: 'end' }}>
      {parameters.map((parameter) => (
        <Field
          key={keyOf(parameter)}
          parameter={parameter}
          value={values[keyOf(parameter)] ?? ''}
          onChange={(value) => onChange(keyOf(parameter), value)}
        />
      ))}
    </SimpleGrid>
  )
}

interface FieldProps {
  parameter: Parameter
  value: string | readonly string[]
  onChange: (value: string | string[]) => void
}

function Field({ parameter, value, onChange }: FieldProps) {
  const { t } = useTranslation('api')
  const { schema, name, required = false } = parameter
  const type = typeOf(schema)
  const about = parameter.description ?? schema.description
  const shared = {
    label: parameter.in === 'query' ? name : `${name} (${t(`place.${parameter.in}`)})`,
    required,
    ...(about && { description: <span lang="en">{about}</span> }),
  }
  const one = typeof value === 'string' ? value : (value[0] ?? '')
  const several = typeof value === 'string' ? (value ? [value] : []) : [...value]
  if (type === 'array') {
    const choices = schema.items?.enum?.map(String)
    return choices ? (
      <MultiSelect {...shared} data={choices} value={several} onChange={onChange} clearable />
    ) : (
      <TagsInput {...shared} placeholder={t('enterEach')} value={several} onChange={onChange} />
    )
  }
  const choices = type === 'boolean' ? ['true', 'false'] : schema.enum?.map(String)
  if (choices) {
    return <Select {...shared} data={choices} value={one || null} onChange={(chosen) => onChange(chosen ?? '')} clearable={!required} />
  }
  return (
    <TextInput
      {...shared}
      {...(schema.default !== undefined && { placeholder: String(schema.default) })}
      {...((type === 'integer' || type === 'number') && { inputMode: 'numeric' as const })}
      value={one}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
