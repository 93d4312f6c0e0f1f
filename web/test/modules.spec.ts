import type { APIRequestContext, Locator, Page } from '@playwright/test'
import { expect, type Harness, nobody, signIn, test } from './harness'

/** As one clicks a switch: what one sees of it is its label. */
const flip = (page: Page, one: Locator) => page.locator('label').filter({ has: one }).click()

/** What the documented API answers when a program asks for the statistics of a project. */
async function program(request: APIRequestContext, person: Harness['person']) {
  const { login, password } = await person(['onlinestat/get'])
  const entered = await request.post('/auth/login', { data: { login, password } })
  const { access_token } = (await entered.json()) as { access_token: string }
  const headers = { Authorization: `Bearer ${access_token}` }
  return async () => (await request.post('/onlinestat/get', { headers, data: { project_id: '1111' } })).status()
}

test('has the modules titled as the sections of the manual, letter for letter @main', async ({ page }) => {
  await page.goto('modules')
  const sections = [
    '4.1. Модуль взаимодействия с телефонной платформой ЦОВ FreeSWITCH',
    '4.2. Модуль взаимодействия с внешней платформой контент-провайдера оказывающего сервис по отправке СМС',
    '4.3. Модуль получение онлайн статистика ЦОВ',
    '4.4. Модуль получения отчетности',
  ]
  for (const name of sections) await expect(page.getByRole('heading', { level: 2, name, exact: true })).toBeVisible()
})

test('switches an action off, at which the API refuses within a second, and on again @main', async ({ page, t, person, request }) => {
  const ask = await program(request, person)
  expect(await ask()).toBe(200)
  await page.goto('modules')
  const title = 'Статистика одного проекта'
  const one = page.getByRole('switch', { name: title, exact: true })
  await expect(one).toBeChecked()
  await flip(page, one)
  const dialog = page.getByRole('dialog', { name: t('modules:dialog.off', { title }) })
  await expect(dialog.getByText('405 {"error":"Access denied!"}')).toBeVisible()
  await dialog.getByRole('button', { name: t('modules:dialog.doOff'), exact: true }).click()
  await expect.poll(ask, { timeout: 1000, intervals: [50] }).toBe(405)
  await expect(one).not.toBeChecked()
  await flip(page, one)
  await expect.poll(ask, { timeout: 1000, intervals: [50] }).toBe(200)
  await expect(one).toBeChecked()
  await page.goto('modules/history?module=onlinestat&action=get')
  const states = page.getByRole('table').getByText(/^(Включено|Выключено)$/)
  await expect(states.nth(0)).toHaveText(t('modules:state.on'))
  await expect(states.nth(1)).toHaveText(t('modules:state.off'))
})

test('plans to switch a module off for one project, and does not after all', async ({ page, t }) => {
  await page.goto('modules?project=5566')
  const title = '4.3. Модуль получение онлайн статистика ЦОВ'
  await page.getByRole('button', { name: t('modules:menu', { title }), exact: true }).click()
  await page.getByRole('menuitem', { name: t('modules:plan.off') }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: t('modules:when.plan') }).click()
  await expect(dialog.getByText(t('modules:when.empty'))).toBeVisible()
  await dialog.getByRole('button', { name: t('common:days.open') }).click()
  await expect(page.locator('td :focus')).toBeVisible()
  await page.keyboard.press('Escape') // closes the calendar alone
  await expect(page.locator('td')).toHaveCount(0)
  await dialog.getByRole('button', { name: t('modules:quick.morning') }).click()
  await dialog.getByRole('button', { name: t('modules:when.plan') }).click()
  const forget = page.getByRole('button', { name: t('modules:state.forgetOf', { title }) })
  await expect(forget).toBeVisible()
  await expect(page.getByRole('switch', { name: title, exact: true })).toBeChecked()
  await forget.click()
  await expect(forget).toBeHidden()
})

test.describe('with few rights', () => {
  test.use({ storageState: nobody })

  test('shows who may not switch how it stands', async ({ page, t, person }) => {
    await page.goto('modules')
    await signIn(page, t, await person(['modules/see'], { projects: ['1111'] }))
    await expect(page.getByText(t('modules:onlySee'))).toBeVisible()
    await expect(page.getByRole('switch').first()).toBeDisabled()
    await expect(page.getByLabel(t('modules:scope')).first()).toHaveValue(/1111/)
  })
})
