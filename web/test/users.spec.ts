import type { Page } from '@playwright/test'
import { expect, nobody, signIn, test } from './harness'

test('shows which rights a user has', async ({ page, t, person }) => {
  const { login } = await person(['calls/*', 'numbers/see'], { projects: ['1111'] })
  await page.goto(`users/of/${login}`)
  await expect(page.getByRole('checkbox', { name: t('users:wholeOf', { title: 'Вызовы' }) })).toBeChecked()
  await expect(page.getByRole('switch', { name: t('users:wide.numbers') })).toBeChecked()
})

/** What the navigation shows. */
const links = (page: Page, label: string) => page.getByRole('navigation', { name: label }).getByRole('link')

test('adds a user with two rights, who then sees those only @main', async ({ page, browser, baseURL, t }) => {
  const login = `anna${Date.now()}`
  await page.goto('users')
  await page.getByRole('link', { name: t('users:add') }).click()
  await expect(page.getByRole('switch', { name: t('users:wide.numbers') })).not.toBeChecked()
  await page.getByLabel(t('users:login'), { exact: true }).fill(login)
  await page.getByRole('button', { name: t('users:add') }).click()
  await expect(page.getByText(t('session:short'), { exact: true })).toBeVisible()
  await page.getByRole('button', { name: t('users:password.draw') }).click()
  const password = await page.getByLabel(t('users:password.first')).inputValue()
  await page.getByRole('checkbox', { name: 'Просмотр очередей', exact: true }).check()
  await page.getByRole('checkbox', { name: 'Просмотр отчётов', exact: true }).check()
  await page.getByRole('button', { name: t('users:add') }).click()
  await expect(page.getByRole('dialog', { name: t('users:made.title') })).toContainText(password)
  await page.getByRole('button', { name: t('users:made.done') }).click()
  await expect(page.getByRole('heading', { level: 1, name: login })).toBeVisible()

  const other = await browser.newContext({ baseURL: baseURL ?? '', locale: 'ru-RU', storageState: nobody })
  const hers = await other.newPage()
  await hers.goto('')
  await signIn(hers, t, { login, password })
  await hers.getByLabel(t('session:oldPassword')).fill(password)
  await hers.getByLabel(t('session:newPassword'), { exact: true }).fill('only she knows')
  await hers.getByLabel(t('session:again')).fill('only she knows')
  await hers.getByRole('button', { name: t('session:change') }).click()
  await expect(links(hers, t('nav:navigation')).filter({ hasText: t('nav:page.reports') })).toBeVisible()
  for (const hidden of ['users', 'modules', 'calls', 'settings', 'sms'] as const) {
    await expect(links(hers, t('nav:navigation')).filter({ hasText: t(`nav:page.${hidden}`) })).toHaveCount(0)
  }
  await hers.goto('users')
  await expect(
    hers.getByText(t('common:state.rightWanted', { right: t('common:state.rightName', { name: 'Просмотр пользователей' }) })),
  ).toBeVisible()
  await other.close()
})

test('locks a user out, and lets him in again', async ({ page, person, t, request }) => {
  const { login, password } = await person(['queues/see'])
  const enter = async () => (await request.post('/api/v1/tokens', { data: { login, password } })).status()
  expect(await enter()).toBe(201)
  await page.goto(`users/of/${login}`)
  await page.getByRole('button', { name: t('users:disable.action') }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('users:disable.action') })
    .click()
  await expect(page.getByText(t('users:status.inactive'), { exact: true })).toBeVisible()
  expect(await enter()).toBe(401)
  await page.getByRole('button', { name: t('users:enable'), exact: true }).click()
  await expect(page.getByRole('button', { name: t('users:disable.action') })).toBeVisible()
  expect(await enter()).toBe(201)
  await page.getByRole('link', { name: t('users:tab.signins') }).click()
  await expect(page.getByText(t('account:signins.results.notActive'))).toBeVisible()
})

test('makes a key, shows it once, and ends it', async ({ page, person, t, request }) => {
  const { login } = await person(['queues/see', 'agents/see'])
  await page.goto(`users/of/${login}?tab=keys`)
  await page.getByRole('button', { name: t('users:keys.make') }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(t('account:keys.name')).fill('CRM')
  await dialog.getByRole('radio', { name: t('users:keys.someRights') }).check()
  await dialog.getByRole('checkbox', { name: 'Просмотр очередей', exact: true }).check()
  await dialog.getByLabel(t('users:keys.networks')).fill('127.0.0.0/8')
  await dialog.getByRole('button', { name: t('users:keys.make') }).click()
  const secret = (await dialog.getByText(/^cgk_/).textContent()) ?? ''
  await dialog.getByRole('button', { name: t('users:keys.kept') }).click()
  const ask = async (path: string) => (await request.get(`/api/v1/${path}`, { headers: { Authorization: `Bearer ${secret}` } })).status()
  expect([await ask('queues'), await ask('agents')]).toEqual([200, 403])
  await page
    .getByRole('button', { name: t('account:keys.end'), exact: true })
    .last()
    .click()
  await dialog.getByRole('button', { name: t('account:keys.end'), exact: true }).click()
  await expect(page.getByText(t('users:keys.none'))).toBeVisible()
  expect(await ask('queues')).toBe(401)
})

test('tells that somebody else has changed a user, and keeps what was ticked', async ({ page, person, api, t, allow }) => {
  const { login } = await person(['queues/see'])
  await page.goto(`users/of/${login}`)
  const agents = page.getByRole('checkbox', { name: 'Просмотр операторов', exact: true })
  await agents.check()
  await api('PATCH', `/users/${login}`, { rights: ['tiers/see'] })
  allow(412)
  await page.getByRole('button', { name: t('common:action.save') }).click()
  await expect(page.getByRole('alert')).toContainText(t('common:problem.412'))
  await expect(agents).toBeChecked()
  await page.getByRole('button', { name: t('common:action.reload') }).click()
  await expect(agents).not.toBeChecked()
  await expect(page.getByRole('checkbox', { name: 'Просмотр уровней', exact: true })).toBeChecked()
})
