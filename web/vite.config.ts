import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const out = 'dist/panel'

/** Leaves of every text file its gzip only: the binary carries it so, and unpacks it for the few that ask for it plain. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    async closeBundle() {
      for (const file of await readdir(out, { recursive: true })) {
        if (!/\.(js|css|svg|json)$/.test(file)) continue
        const path = join(out, file)
        await writeFile(`${path}.gz`, await promisify(gzip)(await readFile(path), { level: constants.Z_BEST_COMPRESSION }))
        await rm(path)
      }
    },
  }
}

export default defineConfig({
  base: '/panel/',
  // The server puts a nonce of each answer's own in the place of this word.
  html: { cspNonce: 'NONCE' },
  plugins: [react(), packed()],
  resolve: { alias: { '~': join(import.meta.dirname, 'src') } },
  // Browsers know light-dark() by themselves; what stands in for it elsewhere does not know of the theme.
  build: {
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    outDir: out,
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { port: 5173, strictPort: true, proxy: { '/api': process.env.CALLGATE_URL ?? 'http://127.0.0.1:8080' } },
})
