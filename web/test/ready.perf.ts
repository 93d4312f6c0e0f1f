import { appendFileSync, rmSync } from 'node:fs'
import { expect, test } from './harness'
import { found, pages } from './pages'

declare global {
  interface Window {
    /** When the page was ready, in ms since it was asked for; 0 while it is not. */
    ready: number
  }
}

const limit = 1000 // ms
const result = 'test-results/ready.txt'

test('every page is ready within a second of being asked for anew', async ({ page, api, person }) => {
  test.setTimeout(600_000)
  const values = await found(api, person)
  await page.addInitScript(() => {
    window.ready = 0
    new MutationObserver(() => {
      const is = document.querySelector('#main h1') && !document.querySelector('[aria-busy=true]')
      window.ready = is ? window.ready || performance.now() : 0
    }).observe(document, { subtree: true, childList: true, attributeFilter: ['aria-busy'] })
  })
  rmSync(result, { force: true })
  const late: string[] = []
  for (const { route, path = route } of pages) {
    const to = path.replace(/{(\w+)}/g, (_, name: string) => values[name] ?? '')
    const times: number[] = []
    for (let round = 0; round < 3; round++) {
      await page.goto('about:blank')
      await page.goto(`.${to}`)
      await page.waitForFunction((still) => window.ready > 0 && performance.now() - window.ready > still, 700)
      times.push(await page.evaluate(() => window.ready))
    }
    const [first = 0, ...again] = times
    appendFileSync(
      result,
      `${path.padEnd(60)} ${first.toFixed(0).padStart(6)} ms at first, ${Math.min(...again)
        .toFixed(0)
        .padStart(5)} ms again\n`,
    )
    if (Math.max(first, ...again) > limit) late.push(`${path}: ${times.map(Math.round).join(', ')}`)
  }
  expect(late).toEqual([])
})
