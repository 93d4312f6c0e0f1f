import { createServer } from 'node:net'
import { defineConfig } from '@playwright/test'
import type { Harness } from './test/harness'

/** A port that nobody listens on. The workers read this file too, and have the one that was found first. */
async function freePort(): Promise<string> {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address ? String(address.port) : ''))
    })
  })
}

process.env.PANEL_PORT ??= await freePort()
const url = `http://127.0.0.1:${process.env.PANEL_PORT}`

/** Where the session that most tests share is kept. */
export const shared = 'test-results/session.json'

export default defineConfig<Harness>({
  testDir: 'test',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  workers: 2,
  // A machine that does much else is slow; how quick a page is, benchmarks say.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    baseURL: `${url}/panel/`,
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure', // a trace of all takes as long again
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], // Chromium refuses root otherwise
    },
  },
  projects: [
    { name: 'sign in', testMatch: 'signin.setup.ts' },
    { name: 'panel', testMatch: '*.spec.ts', dependencies: ['sign in'], use: { storageState: shared } },
  ],
  webServer: {
    command: `exec '${process.env.CALLGATE ?? '../bin/callgate'}' demo`,
    env: { CALLGATE_HTTP_ADDR: `127.0.0.1:${process.env.PANEL_PORT}` },
    url: `${url}/readyz`,
    timeout: 60_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
  },
})
