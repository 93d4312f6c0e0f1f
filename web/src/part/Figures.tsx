import { Box, type MantineSpacing } from '@mantine/core'
import type { ReactNode } from 'react'
import style from './Figures.module.css'

/** Figures beside one another. */
export const Figures = ({ mb, children }: { mb?: MantineSpacing; children: ReactNode }) => (
  <Box component="dl" className={style.figures} {...(mb !== undefined && { mb })}>
    {children}
  </Box>
)

interface FigureProps {
  label: string
  /** What it means, for who points at it. */
  about?: string | undefined
  /** What stands below it, as a dd. */
  below?: ReactNode
  children: ReactNode
}

export const Figure = ({ label, about, below, children }: FigureProps) => (
  <div title={about}>
    <dt>{label}</dt>
    <dd className={`${style.figure} tabular`}>{children}</dd>
    {below}
  </div>
)
