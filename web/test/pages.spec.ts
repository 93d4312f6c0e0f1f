import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { expect, type Harness, inspect, languages, phone, settled, softly, test } from './harness'
import { before, day, type Opening, pages } from './pages'

test('every page is among those that are opened @main', () => {
  const source = new URL('../src/', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\broutes\.tsx?$/.test(file))
  const routes = files.flatMap((file) =>
    [...readFileSync(new URL(file, source), 'utf8').matchAll(/\bpath: '(.*)'/g)].map(([, path]) => path),
  )
  expect(routes.length).toBeGreaterThan(40)
  expect([...new Set([...pages.map(({ route }) => route), ...before])].sort()).toEqual(routes.sort())
})

/** What the addresses have in braces. */
async function found(api: Harness['api'], person: Harness['person']): Promise<Record<string, string>> {
  // The demonstration tells of the days before it some seconds after its start.
  const week = `from=${day(7)}&to=${day(1)}`
  await expect.poll(async () => ((await api('GET', `/reports/queues?${week}&interval=whole`)) as { rows: unknown[] }).rows.length).toBe(4)
  const { calls } = (await api('GET', `/calls?from=${day(1)}&to=${day(1)}&recorded=true&limit=1`)) as { calls: { uuid: string }[] }
  const webhooks = (await api('GET', '/webhooks')) as { id: string; name: string }[]
  const schedule = (await api('POST', '/report-schedules', {
    name: 'Spec of pages',
    report: 'queues',
    format: 'csv',
    period: 'yesterday',
    every: 'daily',
    at: '08:00',
    to: ['boss@example.com'],
  })) as { id: string }
  const { login } = await person(['calls/*', 'numbers/see'], { projects: ['1111'], must_change: true })
  return { call: calls[0]?.uuid ?? '', webhook: webhooks.find(({ name }) => name === 'CRM')?.id ?? '', schedule: schedule.id, user: login }
}

/** Goes to a page as a link of the panel does; where it is one with the page before, which would stay, as the address bar does. */
async function go(page: Page, path: string, anew: boolean) {
  if (anew) return page.goto(`.${path}`)
  await page.evaluate((to) => {
    document.querySelector('#main h1')?.setAttribute('data-left', '')
    history.pushState(null, '', to)
  }, `/panel${path}`)
  await softly(page.locator('#main h1[data-left]'), `what leads to ${path}`).toHaveCount(0)
}

for (const language of languages) {
  test.describe(language, () => {
    test.use(language === 'en' && !process.env.PANEL_WHOLE ? { language, viewport: phone } : { language })

    test('opens every page @main', async ({ page, t, api, person }) => {
      test.setTimeout(process.env.PANEL_WHOLE ? 1_200_000 : 600_000)
      const values = await found(api, person)
      const fill = (text: string) => text.replace(/{(\w+)}/g, (_, name: string) => values[name] ?? '')
      const open = async ({ route, path = route, head, there }: Opening, last?: Opening) => {
        await go(page, fill(path), route === last?.route || last === undefined)
        await settled(page)
        if (head !== undefined)
          await softly(page.locator('#main h1'), `the head of ${path}`).toContainText(/^\w+:/.test(head) ? t(head) : fill(head))
        await there?.(page, t)
        await settled(page)
        const name =
          path
            .replace(/[?&](from|to)=[\d-]+/g, '')
            .match(/\w+/g)
            ?.join('-') ?? 'overview'
        await inspect(page, name, { second: language === 'en' })
      }
      const opened = pages.filter(({ alike }) => !alike || language === 'ru' || process.env.PANEL_WHOLE)
      for (const [at, opening] of opened.entries()) {
        const path = opening.path ?? opening.route
        const failure = await test.step(path, () => open(opening, opened[at - 1])).then(() => '', String)
        softly(failure, `what came of opening ${path}`).toBe('') // and on to the next
      }
      await api('DELETE', `/report-schedules/${values.schedule}`)
    })
  })
}
