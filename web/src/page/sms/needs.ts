import { useTranslation } from 'react-i18next'
import type { Texts } from '~/text/texts'

type NeedText = keyof Texts['sms']['need']

/** What the presets of this release call what they need. */
const known: Readonly<Record<string, NeedText>> = {
  Login: 'login',
  Password: 'password',
  'API key': 'key',
  'API key of the application': 'keyOfApplication',
  'API key, in place of login and password': 'keyInPlace',
  'E-mail of the account': 'email',
  'Secret word that call-backs are signed with': 'signing',
  'Number or name, for messages that name no sender': 'numberOrName',
  'Name, for messages that name no sender': 'senderName',
  'Signature, for messages that name no sender': 'signature',
}

/** What is needed in the reader's words, as far as it is known. */
export function useNeedTitle() {
  const { t } = useTranslation('sms')
  return (title: string) => {
    const text = known[title]
    return text === undefined ? title : t(`need.${text}`)
  }
}
