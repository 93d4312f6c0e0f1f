import { useTranslation } from 'react-i18next'
import { isProblem, Problem } from '~/api/problem'

/** Where the forms show what the API says of its fields. */
export const places: Readonly<Record<string, string>> = { number: 'numbers', queue: 'queues', scope: 'of' }

/** Says of what is taken already at which field that is: the API says it of the whole. */
export async function clearer<T>(asked: Promise<T>, field: string): Promise<T> {
  try {
    return await asked
  } catch (failure) {
    if (!isProblem(failure, 409)) throw failure
    const place = /^number /i.test(failure.detail) ? 'number' : field
    throw new Problem(422, { detail: failure.detail, errors: [{ location: place, message: failure.detail }] })
  }
}

/** What is wrong with a field of a project, a route or a rule, in the reader's words where the API's are known. */
export function useWords() {
  const { t } = useTranslation('projects')
  return (field: string, message: string): string | undefined => {
    if (/^number exists already/i.test(message)) return t('taken')
    if (/^project exists already/i.test(message)) return t('idTaken')
    const [, at] = /^number (\d+) of the list: want/.exec(message) ?? []
    if (at) return t('badNumber', { at })
    if (/stands there twice/.test(message)) return t('twice')
    if (/is named by route|belongs to route/.test(message)) return t('routed')
    const [, prefix] = /^prefix (\d+) of the list/.exec(message) ?? []
    if (prefix) return t('rules.badPrefix', { at: prefix })
    if (/below min_length/.test(message)) return t('rules.badLength')
    if (/^want a sound file/.test(message)) return t('route.wrongSound')
    if (/^want the name of a queue/.test(message)) return t('step.wrong.queue')
    if (/^want user\//.test(message)) return t('step.wrong.bridge')
    if (/^want transfer:/.test(message)) return t('step.wrong.transfer')
    if (/hours/.test(field)) return message.includes('has no times') ? t('hours.allClosed') : t('hours.wrong')
    return undefined
  }
}
