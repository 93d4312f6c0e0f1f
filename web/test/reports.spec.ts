import { expect, type Harness, inspect, settled, test } from './harness'

const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10)
const week = `from=${day(7)}&to=${day(1)}`

/** Waits for the days before the demonstration, which it tells of some seconds after its start. */
async function past(api: Harness['api']) {
  await expect.poll(async () => ((await api('GET', `/reports/queues?${week}&interval=whole`)) as { rows: unknown[] }).rows.length).toBe(4)
}

test('compares with the time before, and keeps what is chosen from one report to the next', async ({ page, t, api }) => {
  await past(api)
  await page.goto('reports')
  await expect(page).toHaveURL(/reports\/centre/)
  await page.getByRole('button', { name: t('common:days.label') }).click()
  await page.getByRole('button', { name: t('common:days.yesterday') }).click()
  await expect(page).toHaveURL(new RegExp(`from=${day(1)}&to=${day(1)}`))
  await page.getByRole('switch', { name: t('reports:filter.compare') }).click()
  await expect(page.getByText(t('reports:before', { value: '' }).trim()).first()).toBeVisible()
  await page
    .getByRole('navigation', { name: t('reports:title') })
    .getByRole('link', { name: t('reports:report.queues') })
    .click()
  await expect(page).toHaveURL(new RegExp(`reports/queues.*from=${day(1)}.*compare=previous`))
  await page.getByText(t('reports:view.time'), { exact: true }).click()
  await expect(page).toHaveURL(/view=time/)
  await expect(page.getByRole('columnheader', { name: t('reports:span') })).toBeVisible()
  await page.getByRole('button', { name: t('common:action.download') }).click()
  const file = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: t('common:format.csv') }).click()
  expect((await file).suggestedFilename()).toMatch(/^queues.*\.csv$/)
})

test('says that there were no calls', async ({ page, t }) => {
  await page.goto('reports/queues?from=2020-01-01&to=2020-01-02')
  await expect(page.getByRole('heading', { name: t('reports:empty.title') })).toBeVisible()
})

test('has a report come by mail, and no more', async ({ page, t, allow }) => {
  allow(422)
  await page.goto(`reports/queues?${week}&queue=sales@default`)
  await page.getByRole('link', { name: t('reports:schedule.make') }).click()
  await settled(page)
  await inspect(page, 'schedule-new')
  await page.getByLabel(t('reports:schedule.name')).fill('Sales each morning')
  await page.getByRole('combobox', { name: t('reports:schedule.to') }).fill('nobody')
  await page.getByRole('button', { name: t('reports:schedule.addAction') }).click()
  await expect(page.getByRole('combobox', { name: t('reports:schedule.to') })).toHaveAttribute('aria-invalid', 'true')
  await page.getByRole('combobox', { name: t('reports:schedule.to') }).press('Backspace')
  await page.getByRole('combobox', { name: t('reports:schedule.to') }).fill('boss@example.com')
  await page.getByRole('button', { name: t('reports:schedule.addAction') }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Sales each morning' })).toBeVisible()
  await page.getByRole('button', { name: t('reports:schedule.run') }).click()
  // There is no mail server here, which the log says.
  await expect(
    page
      .getByRole('table', { name: t('reports:run.title') })
      .getByText(t('reports:run.noServer'))
      .first(),
  ).toBeVisible()
  await inspect(page, 'schedule')
  await page.getByRole('link', { name: t('reports:schedule.back') }).click()
  await expect(page.getByRole('link', { name: 'Sales each morning' })).toBeVisible()
  await inspect(page, 'schedules')
  await page.getByRole('link', { name: 'Sales each morning' }).click()
  await page.getByRole('button', { name: t('reports:schedule.remove') }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('reports:schedule.remove') })
    .click()
  await expect(page).toHaveURL(/schedules$/)
  await expect(page.getByRole('link', { name: 'Sales each morning' })).toHaveCount(0)
})
