import type { Page } from '@playwright/test'
import { expect, inspect, settled, test } from './harness'

const queue = 'support2@default'

/** A stream that tells of one queue and breaks then; later it is out of reach. */
async function breakStream(page: Page) {
  const answer = await page.request.get('/api/v1/stream?topics=queues&once=true')
  const body = await answer.text()
  let times = 0
  await page.route('**/api/v1/stream?*', (route) =>
    times++ === 0 ? route.fulfill({ contentType: 'text/event-stream', body }) : route.abort(),
  )
}

test('shows queues, agents and calls, and only what was chosen @main', async ({ page, t }) => {
  await page.goto('')
  await settled(page)
  const agents = page.getByRole('table', { name: t('overview:list.agents') })
  await expect(page.getByRole('table', { name: t('overview:list.queues') })).toHaveAttribute('aria-rowcount', '5')
  await expect(agents).toHaveAttribute('aria-rowcount', /^1[34]$/) // another test adds one and deletes him
  await expect(page.getByRole('table', { name: t('overview:list.calls') })).toBeVisible()
  await page.getByRole('button', { name: 'support2', exact: true }).click()
  await expect(agents).toHaveAttribute('aria-rowcount', '2')
  await expect(page).toHaveURL(/queue=support2/)
  await page.getByRole('button', { name: t('overview:agent.allQueues', { queue }) }).click()
  await expect(agents).toHaveAttribute('aria-rowcount', /^1[34]$/) // another test adds one and deletes him
})

test('fills the screen of a wall, and gives it back', async ({ page, t }) => {
  await page.goto('?wall=true')
  await expect(page.getByRole('table', { name: t('overview:list.agents') })).toBeVisible()
  await expect(page.locator('#root')).toHaveAttribute('inert') // what lies behind it cannot be reached
  await inspect(page, 'wall')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('navigation', { name: t('nav:navigation') })).toBeVisible()
})

test('says that it may be wrong when the stream breaks, and leaves what was known @main', async ({ page, t, allow }) => {
  allow(0)
  await breakStream(page)
  await page.goto('')
  await expect(page.getByRole('alert')).toContainText(t('overview:standing.lost'))
  await expect(page.getByRole('table', { name: t('overview:list.queues') })).toHaveAttribute('aria-rowcount', '5')
  await inspect(page, 'overview-lost')
})

test('is coloured by the thresholds of this browser', async ({ page, t }) => {
  await page.goto('')
  await settled(page)
  await page.getByRole('button', { name: t('overview:threshold.title') }).click()
  const form = page.getByRole('dialog')
  const wait = form.getByRole('group', { name: t('overview:threshold.wait') })
  await wait.getByLabel(t('overview:threshold.warn')).fill('70')
  await form.getByRole('button', { name: t('common:action.save') }).click()
  await expect(form.getByText(t('overview:threshold.order'))).toBeVisible()
  await wait.getByLabel(t('overview:threshold.bad')).fill('90')
  await form.getByRole('button', { name: t('common:action.save') }).click()
  await expect(form).toBeHidden()
  await page.reload()
  await page.getByRole('button', { name: t('overview:threshold.title') }).click()
  await expect(wait.getByLabel(t('overview:threshold.bad'))).toHaveValue(/^90/)
})
