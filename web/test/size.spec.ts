import { readFileSync, statSync } from 'node:fs'
import { expect, test } from '@playwright/test'

interface Chunk {
  file: string
  src?: string
  isEntry?: boolean
  imports?: string[]
  css?: string[]
}

const built = new URL('../dist/panel/', import.meta.url)

/** What the browser fetches of some chunks, all that they import at once included. */
function files(manifest: Record<string, Chunk>, wanted: readonly string[]): Set<string> {
  const all = new Set<string>()
  const seen = new Set<string>()
  const add = (name: string) => {
    const chunk = manifest[name]
    if (!chunk || seen.has(name)) return
    seen.add(name)
    for (const file of [chunk.file, ...(chunk.css ?? [])]) all.add(file)
    chunk.imports?.forEach(add)
  }
  wanted.forEach(add)
  return all
}

test('what signing in and the overview need is at most 350 KB @main', async () => {
  const { gunzipSync } = await import('node:zlib')
  const manifest = JSON.parse(gunzipSync(readFileSync(new URL('manifest.json.gz', built))).toString()) as Record<string, Chunk>
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry)
  const first = [
    entry ?? '',
    'src/shell/Shell.tsx',
    'src/session/SignInPage.tsx',
    'src/page/overview/Overview.tsx',
    ...['common', 'nav', 'session', 'overview'].map((namespace) => `src/text/ru/${namespace}.json`),
  ]
  expect(first.filter((name) => !manifest[name])).toEqual([])
  const bytes = [...files(manifest, first)].reduce((sum, file) => sum + statSync(new URL(`${file}.gz`, built)).size, 0)
  expect(bytes).toBeGreaterThan(100_000)
  expect(bytes).toBeLessThanOrEqual(350_000)
})
