import type { UseFormReturnType } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { type FieldProblem, isProblem } from '~/api/problem'
import { fieldText } from './field'

/** A form's way to the API. */
export interface Save {
  submit: (event: FormEvent<HTMLFormElement>) => void
  saving: boolean
  /** What is wrong and stands at no field; undefined when nothing is. */
  failure: unknown
}

/** The name that a form has for a place that the API names: body.numbers[0] is numbers.0. */
export const fieldOf = (location: string) => location.replace(/^body\.?/, '').replace(/\[(\d+)\]/g, '.$1')

interface Options<V, R> {
  onSaved?: (result: R, values: V) => void
  /** Which field of the form shows what is wrong with a field of the request, where their names differ. */
  fields?: Readonly<Record<string, string>>
  /** What is wrong with a field of the form, where the API's own words will not do. */
  say?: (field: string, message: string) => string | undefined
}

/** Saves a form. Refused fields get the API's words; what was typed stays. Fields of the form are named as in the request's body. */
export function useSave<V extends Record<string, unknown>, R>(
  form: UseFormReturnType<V>,
  save: (values: V) => Promise<R>,
  { onSaved, fields = {}, say }: Options<V, R> = {},
): Save {
  const { t } = useTranslation()
  const placeOf = (error: FieldProblem): string | undefined => {
    const field = fieldOf(error.location ?? '')
    const shown = fields[field] ?? field
    return (shown.split('.')[0] ?? '') in form.getValues() ? shown : undefined
  }
  const mutation = useMutation({
    mutationFn: save,
    onSuccess: (result, values) => {
      form.resetDirty(values)
      onSaved?.(result, values)
    },
    onError: (failure) => {
      if (!isProblem(failure)) return
      for (const error of failure.errors) {
        const place = placeOf(error)
        const message = error.message ?? failure.detail
        if (place) form.setFieldError(place, say?.(place, message) ?? fieldText(t, message))
      }
    },
  })
  const failure = mutation.error
  const placed = isProblem(failure, 422) && failure.errors.length > 0 && failure.errors.every(placeOf)
  return {
    submit: form.onSubmit((values) => mutation.mutate(values)),
    saving: mutation.isPending,
    failure: placed ? undefined : (failure ?? undefined),
  }
}
