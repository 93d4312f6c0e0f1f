import { UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import style from './Tree.module.css'

interface Props {
  value: unknown
  /** Only what has this in its name or value, lower case; all without it. */
  sought: string
  /** In the place of a tree in which that is nowhere. */
  none: ReactNode
}

type Branch = Record<string, unknown> | unknown[]

const isBranch = (value: unknown): value is Branch => typeof value === 'object' && value !== null
const size = (branch: Branch) => (Array.isArray(branch) ? branch.length : Object.keys(branch).length)

/** A value with the branches that lead to what is sought; undefined where nothing does. */
function pruned(name: string, value: unknown, sought: string): unknown {
  if (sought === '' || name.toLowerCase().includes(sought)) return value
  if (!isBranch(value)) return String(value).toLowerCase().includes(sought) ? value : undefined
  const kept = Object.entries(value).flatMap(([key, one]) => {
    const rest = pruned(key, one, sought)
    return rest === undefined ? [] : [[key, rest] as const]
  })
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}

/** A JSON value as a tree whose branches open and close. */
export function Tree({ value, sought, none }: Props) {
  const shown = pruned('', value, sought)
  if (!isBranch(shown)) return none
  return (
    <div className={style.tree}>
      <Twigs branch={shown} depth={0} open={sought !== ''} />
    </div>
  )
}

function Twigs({ branch, depth, open }: { branch: Branch; depth: number; open: boolean }) {
  return (
    <ul>
      {Object.entries(branch).map(([name, value]) => (
        <li key={name}>
          {isBranch(value) ? <Bough name={name} branch={value} depth={depth} open={open} /> : <Leaf name={name} value={value} />}
        </li>
      ))}
    </ul>
  )
}

function Bough({ name, branch, depth, open }: { name: string; branch: Branch; depth: number; open: boolean }) {
  const { t } = useTranslation('calls')
  const [opened, setOpened] = useState<boolean>()
  const is = opened ?? (open || (depth === 0 && size(branch) <= 12))
  if (size(branch) === 0) return <Leaf name={name} value="" />
  return (
    <>
      <UnstyledButton className={style.bough} aria-expanded={is} onClick={() => setOpened(!is)}>
        <IconChevronRight size={14} aria-hidden />
        <span className={style.name}>{name}</span>
        <span className={style.count}>{t('cdr.items', { count: size(branch) })}</span>
      </UnstyledButton>
      {is && <Twigs branch={branch} depth={depth + 1} open={open} />}
    </>
  )
}

const Leaf = ({ name, value }: { name: string; value: unknown }) => (
  <div className={style.leaf}>
    <span className={style.name}>{name}</span>
    <span>{String(value ?? '')}</span>
  </div>
)
