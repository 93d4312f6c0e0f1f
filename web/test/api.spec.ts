import { expect, test } from './harness'

test('asks, and shows what is answered and how to ask it elsewhere', async ({ page, t }) => {
  await page.goto('api')
  await expect(page.getByRole('link', { name: t('api:docs') })).toHaveAttribute('href', '/api/docs')
  await page.getByRole('combobox', { name: t('api:operation') }).fill('/sms/messages/{id}')
  await page.getByRole('option').first().click()
  const send = page.getByRole('button', { name: t('api:send') })
  await expect(send).toBeDisabled()
  await page.getByLabel(`id (${t('api:place.path')})`).fill('1')
  await expect(page.getByRole('region', { name: t('api:curl') })).toContainText("/api/v1/sms/messages/1'")
  await send.click()
  await expect(page.getByText('200 OK')).toBeVisible()
  await expect(page.getByRole('region', { name: t('api:answerBody') })).toContainText('"number": "+79190000001"')
})

test('shows a refusal as an answer', async ({ page, t, allow }) => {
  allow(422)
  await page.goto('api?operation=put-template')
  await page.getByLabel(`name (${t('api:place.path')})`).fill('spec')
  await page.getByLabel(t('api:body')).fill('{"text":"{"}')
  await page.getByRole('button', { name: t('api:send') }).click()
  await expect(page.getByText('422 Unprocessable Entity')).toBeVisible()
  await expect(page.getByRole('region', { name: t('api:answerBody') })).toContainText('{ without }')
})
