import { Text } from '@mantine/core'
import { Facts } from '~/part/Facts'
import style from './Api.module.css'
import { type Document, resolved, type Shape, typeName } from './document'

/** What may be in a body, by its names. */
export function Fields({ shape, document }: { shape: Shape; document: Document }) {
  const { properties = {}, required = [] } = resolved(shape, document)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div className={style.fields} tabIndex={0}>
      <Facts
        facts={Object.entries(properties)
          .filter(([name]) => name !== '$schema')
          .map(([name, field]) => ({
            name: required.includes(name) ? `${name} *` : name,
            value: (
              <>
                <Text component="span" size="xs" c="dimmed">
                  {typeName(field, document)}
                </Text>
                {(field.description ?? '') !== '' && (
                  <Text size="xs" lang="en">
                    {field.description}
                  </Text>
                )}
              </>
            ),
          }))}
      />
    </div>
  )
}
