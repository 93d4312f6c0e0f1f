import { defineConfig } from '@playwright/test'
import tests from './playwright.config'

/** How soon pages are ready, a figure and no test: `npx playwright test --config ready.config.ts`. */
export default defineConfig(tests, {
  workers: 1,
  outputDir: 'test-results/ready',
  projects: (tests.projects ?? []).map((project) => (project.name === 'panel' ? { ...project, testMatch: 'ready.perf.ts' } : project)),
})
