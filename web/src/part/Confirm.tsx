import { Button, Group, getDefaultZIndex, Modal, Text } from '@mantine/core'
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'
import { useTranslation } from 'react-i18next'

interface Question {
  title: ReactNode
  /** What will happen, and whether it can be undone. */
  text: ReactNode
  /** What the button says: the deed itself, never OK. */
  action: ReactNode
  /** It destroys something, or takes something away from somebody. */
  danger?: boolean
}

type Ask = (question: Question) => Promise<boolean>

const Context = createContext<Ask>(() => Promise.resolve(false))

/** Asks before something is done: `if (await confirm({ title, text, action, danger: true })) …`. */
export const useConfirm = () => useContext(Context)

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const [asked, setAsked] = useState<Question & { answer: (yes: boolean) => void }>()
  const [opened, setOpened] = useState(false)
  const ask = useCallback<Ask>((question) => {
    setOpened(true)
    return new Promise((answer) => setAsked({ ...question, answer }))
  }, [])
  const answer = (yes: boolean) => {
    setOpened(false)
    asked?.answer(yes)
  }
  return (
    <Context value={ask}>
      {children}
      <Modal
        opened={opened}
        onClose={() => answer(false)}
        title={asked?.title}
        closeButtonProps={{ 'aria-label': t('action.close') }}
        zIndex={getDefaultZIndex('modal') + 10} // what asks may be a dialog itself
      >
        <Text size="sm" component="div">
          {asked?.text}
        </Text>
        <Group justify="flex-end" gap="xs" mt="lg">
          <Button variant="default" onClick={() => answer(false)} data-autofocus>
            {t('action.cancel')}
          </Button>
          <Button {...(asked?.danger && { color: 'red.9' })} onClick={() => answer(true)}>
            {asked?.action}
          </Button>
        </Group>
      </Modal>
    </Context>
  )
}
