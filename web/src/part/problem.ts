import { useTranslation } from 'react-i18next'
import { isProblem } from '~/api/problem'

const known = [0, 400, 401, 403, 404, 408, 409, 412, 413, 422, 429, 500, 503] as const

/** What went wrong, in the reader's words. */
export function useProblemTitle() {
  const { t } = useTranslation()
  return (failure: unknown) => {
    const status = isProblem(failure) ? known.find((one) => one === failure.status) : undefined
    return status === undefined ? t('problem.other') : t(`problem.${status}`)
  }
}
