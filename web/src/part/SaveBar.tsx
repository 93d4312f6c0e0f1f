import { Button, Group, Stack } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isProblem } from '~/api/problem'
import { useConfirm } from './Confirm'
import { ProblemNote } from './ProblemNote'
import type { Save } from './save'

interface Props<V> {
  form: UseFormReturnType<V>
  save: Save
  /** What the button says, if not Save. */
  action?: string
  /** Saves a form that is as it was: a new thing may be as it is proposed. */
  always?: boolean
  onCancel?: () => void
  /** Fetches the thing anew after somebody else has changed it; what was typed stays until the page puts the new values in. */
  onReload?: () => void
}

/** The end of a form: save, cancel, what is wrong, and a question to who leaves with changes that are not saved. */
export function SaveBar<V>({ form, save, action, always = false, onCancel, onReload }: Props<V>) {
  const { t } = useTranslation()
  const dirty = form.isDirty()
  useLeaveQuestion(dirty && !save.saving)
  return (
    <Stack gap="sm" mt="md">
      {save.failure !== undefined && (
        <ProblemNote failure={save.failure}>
          {onReload && isProblem(save.failure, 412) && (
            <Button variant="default" mt="xs" onClick={onReload}>
              {t('action.reload')}
            </Button>
          )}
        </ProblemNote>
      )}
      <Group gap="xs" justify="flex-end">
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {t('action.cancel')}
          </Button>
        )}
        <Button type="submit" loading={save.saving} disabled={!dirty && !always}>
          {action ?? t('action.save')}
        </Button>
      </Group>
    </Stack>
  )
}

/** Asks who leaves a page with changes that are not saved. */
export function useLeaveQuestion(dirty: boolean) {
  const { t } = useTranslation()
  const confirm = useConfirm()
  useBlocker({
    disabled: !dirty,
    enableBeforeUnload: dirty,
    shouldBlockFn: async () =>
      !(await confirm({ title: t('leave.title'), text: t('leave.text'), action: t('leave.action'), danger: true })),
  })
}
