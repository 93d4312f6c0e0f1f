import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { expect, inspect, languages, phone, settled, softly, test } from './harness'
import { before, found, type Opening, pages } from './pages'

test('every page is among those that are opened @main', () => {
  const source = new URL('../src/', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\broutes\.tsx?$/.test(file))
  const routes = files.flatMap((file) =>
    [...readFileSync(new URL(file, source), 'utf8').matchAll(/\bpath: '(.*)'/g)].map(([, path]) => path),
  )
  expect(routes.length).toBeGreaterThan(40)
  expect([...new Set([...pages.map(({ route }) => route), ...before])].sort()).toEqual(routes.sort())
})

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
