import { useTranslation } from 'react-i18next'

/** What FreeSWITCH and callgate write in code, in the reader's words; what is not known stays as it is. */
export function useWords() {
  const { t, i18n } = useTranslation('calls')
  const word = (kind: string, code: string): string =>
    i18n.exists(`calls:${kind}.${code}`) ? t(`${kind}.${code}` as 'disposition.answered') : code
  return {
    cause: (code: string) => word('cause', code),
    hungUpBy: (who: string) => word('hungUpBy', who || 'nobody'),
    direction: (way: string) => word('direction', way),
    outcome: (how: string) => word('outcome', how),
    disposition: (how: string) => word('disposition', how),
    /** A colon in the name of a step would separate keys. */
    step: (step: string) => word('step', step.replace(':', '_')),
  }
}
