import { expect, inspect, settled, test } from './harness'

const refusal = { title: 'Service Unavailable', status: 503, detail: 'Storage unavailable' }

test('says what could not be fetched, and fetches it when asked again', async ({ page, t, allow }) => {
  allow(503)
  await page.route('**/api/v1/me/tokens', (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', headers: { 'X-Request-Id': 'ab12' }, json: refusal }),
  )
  await page.goto('account')
  const failed = page.getByRole('alert').filter({ hasText: t('common:problem.503') })
  await expect(failed).toContainText('Storage unavailable')
  await expect(failed).toContainText(t('common:state.request', { id: 'ab12' }))
  await inspect(page, 'failed')
  await page.unroute('**/api/v1/me/tokens')
  await failed.getByRole('button', { name: t('common:action.retry') }).click()
  await expect(page.getByRole('table', { name: t('account:tokens.title') })).toBeVisible()
})

test('says that callgate does not answer, keeps what was typed, and notices when it is back', async ({ page, t, allow }) => {
  allow(0, 422)
  await page.goto('account')
  await settled(page)
  await page.getByLabel(t('session:oldPassword')).fill('not the password')
  await page.getByLabel(t('session:newPassword'), { exact: true }).fill('another word')
  await page.getByLabel(t('session:again')).fill('another word')
  await page.route('**/api/v1/**', (route) => route.abort())
  await page.getByRole('button', { name: t('session:change') }).click()
  await expect(page.getByRole('alert')).toContainText(t('common:problem.0'))
  await expect(page.getByRole('banner').getByText(t('common:connection.lost'))).toBeVisible()
  await page.unroute('**/api/v1/**')
  await expect(page.getByRole('banner').getByText(t('common:connection.lost'))).toBeHidden()
  await expect(page.getByLabel(t('session:again'))).toHaveValue('another word')
})

test('speaks the other language and keeps it, and so with the theme', async ({ page, t }) => {
  await page.goto('account')
  await settled(page)
  await page.getByRole('button', { name: t('common:language.other') }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My account')
  await expect(page).toHaveTitle('My account · callgate')
  await page.getByRole('button', { name: 'Appearance' }).click()
  await page.getByRole('menuitem', { name: 'Dark' }).click()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My account')
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
})

test('is usable by keyboard', async ({ page, t }) => {
  await page.goto('account')
  await settled(page)
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: t('nav:skip') })).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: t('account:totp.begin') })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog').getByLabel(t('session:oldPassword'))).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(page.getByRole('button', { name: t('account:totp.begin') })).toBeFocused()
})
