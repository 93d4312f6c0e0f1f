import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const brand: MantineColorsTuple = [
  '#eaf3f8',
  '#d5e4ee',
  '#a8c8de',
  '#78aace',
  '#5292c1',
  '#3a82b9',
  '#2c79b5',
  '#1d669f',
  '#0e5b8f',
  '#004f80',
]

/** The one place for colours and sizes. */
export const theme = createTheme({
  colors: { brand },
  primaryColor: 'brand',
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontWeights: { medium: '500', bold: '600' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.125rem' }, h3: { fontSize: '1rem' } } },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 } }, styles: { title: { lineHeight: 1.35 } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    // Room to type is beside what is chosen, not on a line of its own.
    MultiSelect: { styles: { inputField: { minWidth: 56 } } },
    TagsInput: { styles: { inputField: { minWidth: 56 } } },
    // Yellow is too pale for a title.
    Alert: { styles: { title: { color: 'var(--mantine-color-text)' } } },
    Loader: { defaultProps: { size: 'sm' } },
  },
})

/** Mantine's dim, error and link colours, and those of buttons without a ground, do not stand out enough from what is behind them (WCAG AA). */
export const variables: CSSVariablesResolver = (t) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': t.colors.gray[7],
    '--mantine-color-placeholder': t.colors.gray[6],
    '--mantine-color-error': t.colors.red[9],
    '--mantine-color-red-light-color': t.colors.red[9],
    '--mantine-color-anchor': t.colors.brand?.[8] ?? '',
  },
  dark: {
    '--mantine-color-dimmed': t.colors.dark[1],
    '--mantine-color-placeholder': t.colors.dark[2],
    '--mantine-color-error': t.colors.red[4],
    '--mantine-color-red-light-color': t.colors.red[4],
    '--mantine-color-brand-light-color': t.colors.brand?.[3] ?? '',
    '--mantine-color-anchor': t.colors.brand?.[3] ?? '',
  },
})

/** The nonce of this answer, for styles that are made here; the browser shows it to scripts only. */
export function nonce(): string {
  return document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce ?? ''
}
