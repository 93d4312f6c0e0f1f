import { defineConfig } from '@playwright/test'

/** How the overview stands much that changes: not among the tests, as it takes minutes. BenchmarkWall of internal/app runs it. */
export default defineConfig({
  testDir: 'test',
  testMatch: 'wall.perf.ts',
  outputDir: 'test-results/wall',
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    baseURL: `${process.env.WALL_URL ?? ''}/panel/`,
    locale: 'ru-RU',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], // Chromium refuses root otherwise
    },
  },
})
