import { expect, test } from './harness'

test('tells how everything is, and of recordings', async ({ page, t }) => {
  await page.goto('system')
  await expect(page.getByRole('table', { name: t('system:switches.title') })).toContainText(t('system:switches.up'))
  await page
    .getByRole('link', { name: t('system:backlog.open') })
    .last()
    .click()
  await expect(page.getByRole('heading', { level: 1, name: t('system:recordings.title') })).toBeVisible()
  await expect(page.getByRole('table')).toContainText('9876')
  await page
    .getByRole('link', { name: t('system:title') })
    .first()
    .click()
  await expect(page.getByRole('heading', { level: 1, name: t('system:title') })).toBeVisible()
})

test('says first what is wrong', async ({ page, t }) => {
  await page.route('**/api/v1/status', async (route) => {
    const answer = await route.fetch()
    const status = (await answer.json()) as { switches: object[]; database: object }
    await route.fulfill({
      response: answer,
      json: { ...status, cdr_gaps: 12, spool_files: 0, switches: [{ name: 'north', up: false, trouble: 'connection refused' }] },
    })
  })
  await page.goto('system')
  const summary = page.getByRole('status').filter({ hasText: t('system:trouble.switch', { name: 'north' }) })
  await expect(summary).toContainText(t('system:trouble.gaps', { count: 12 }))
  await expect(summary).toContainText('connection refused')
})
