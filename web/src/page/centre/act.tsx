import { notifications } from '@mantine/notifications'
import { IconCheck } from '@tabler/icons-react'
import { type ReactNode, useCallback, useState } from 'react'
import { ProblemDetail } from '~/part/ProblemNote'
import { useProblemTitle } from '~/part/problem'

/** Does something that has no form, and says in a corner what came of it. busy is what goes on, by the name it was given. */
export function useAct() {
  const title = useProblemTitle()
  const [busy, setBusy] = useState<string>()
  const act = useCallback(
    async (name: string, deed: () => Promise<unknown>, done: ReactNode): Promise<boolean> => {
      setBusy(name)
      try {
        await deed()
        notifications.show({ message: done, color: 'green', icon: <IconCheck size={18} /> })
        return true
      } catch (failure) {
        notifications.show({
          title: title(failure),
          message: <ProblemDetail failure={failure} />,
          color: 'red',
          role: 'alert',
          autoClose: 15_000,
        })
        return false
      } finally {
        setBusy(undefined)
      }
    },
    [title],
  )
  return { act, busy }
}
