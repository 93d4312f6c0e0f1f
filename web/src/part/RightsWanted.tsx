import { useTranslation } from 'react-i18next'
import type { Right } from '~/session/session'
import { localeOf } from '~/text/format'
import { useRightNames } from './rights'

/** Says whom to ask for one of some rights. A file of its own: most never see it. */
export default function RightsWanted({ rights }: { rights: readonly Right[] }) {
  const { t, i18n } = useTranslation()
  const name = useRightNames()
  if (!name) return null
  const any = new Intl.ListFormat(localeOf(i18n.language), { type: 'disjunction' })
  return t('state.rightWanted', { right: any.format(rights.map((right) => t('state.rightName', { name: name(right) }))) })
}
