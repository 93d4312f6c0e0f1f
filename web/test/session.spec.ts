import { accessible, boss, expect, inspect, languages, nobody, settled, signIn, test } from './harness'

test.use({ storageState: nobody })

for (const language of languages) {
  test.describe(language, () => {
    test.use({ language })

    test('signs in, and back to the page that was asked for @main', async ({ page, t }) => {
      await page.goto('users')
      await inspect(page, 'sign-in', { second: language === 'en' })
      await signIn(page, t)
      await expect(page).toHaveURL(/\/panel\/users$/)
      await expect(page.getByRole('heading', { level: 1, name: t('users:title') })).toBeVisible()
      await expect(page).toHaveTitle(`${t('nav:page.users')} · callgate`)
    })

    test('has a given password changed before anything else @main', async ({ page, t, allow, person }) => {
      const who = await person(['users/see'], { must_change: true })
      allow(422)
      await page.goto('users')
      await signIn(page, t, who)
      await expect(page.getByRole('heading', { level: 1, name: t('session:mustChange') })).toBeVisible()
      await inspect(page, 'password', { second: language === 'en' })
      const fill = async (old: string, password: string, again = password) => {
        await page.getByLabel(t('session:oldPassword')).fill(old)
        await page.getByLabel(t('session:newPassword'), { exact: true }).fill(password)
        await page.getByLabel(t('session:again')).fill(again)
        await page.getByRole('button', { name: t('session:change') }).click()
      }
      await fill(who.password, 'another word', 'another world')
      await expect(page.getByText(t('session:differs'))).toBeVisible()
      await fill('not mine', 'another word')
      await expect(page.getByText(t('session:wrongOld'))).toBeVisible()
      await expect(page.getByLabel(t('session:again'))).toHaveValue('another word')
      await fill(who.password, 'another word')
      await expect(page).toHaveURL(/\/panel\/users$/)
    })
  })
}

test('refuses a wrong password, and keeps the login', async ({ page, t, allow }) => {
  allow(401)
  await page.goto('')
  await signIn(page, t, { ...boss, password: 'wrong password' })
  await expect(page.getByRole('alert')).toHaveText(t('session:wrong'))
  await expect(page.getByLabel(t('session:login'))).toHaveValue(boss.login)
  await accessible(page, 'a refused sign-in')
  await signIn(page, t)
  await settled(page)
})

test('leads nowhere else after signing in', async ({ page, t }) => {
  await page.goto('sign-in?next=//evil.example/')
  await signIn(page, t)
  await settled(page)
  await expect(page).toHaveURL(/127\.0\.0\.1:\d+\/panel\/$/)
})

test('asks to sign in again where it was when the session has ended meanwhile', async ({ page, t }) => {
  await page.goto('projects')
  await signIn(page, t)
  await settled(page)
  await page.context().clearCookies()
  await page.evaluate(() => localStorage.removeItem('callgate.signedIn'))
  await page.reload()
  await expect(page).toHaveURL(/sign-in\?next=/)
  await signIn(page, t)
  await expect(page).toHaveURL(/\/panel\/projects$/)
})

test('keeps what was typed when the session ends, and goes on with it', async ({ page, t, allow, person }) => {
  const who = await person(['users/see'])
  allow(401)
  await page.goto('account')
  await signIn(page, t, who)
  await page.getByLabel(t('session:oldPassword')).fill(who.password)
  await page.getByLabel(t('session:newPassword'), { exact: true }).fill('another word')
  await page.getByLabel(t('session:again')).fill('another word')
  await page.context().clearCookies()
  await page.getByRole('button', { name: t('session:change') }).click()
  const dialog = page.getByRole('dialog', { name: t('session:over') })
  await expect(dialog.getByLabel(t('session:login'))).toHaveValue(who.login)
  await accessible(page, 'the end of a session')
  await dialog.getByLabel(t('session:password'), { exact: true }).fill(who.password)
  await dialog.getByRole('button', { name: t('session:enter') }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByLabel(t('session:again'))).toHaveValue('another word')
  await page.getByRole('button', { name: t('session:change') }).click()
  await expect(page.getByText(t('account:password.done'))).toBeVisible()
})

test('asks for a new password where it was when one becomes due meanwhile, and keeps what was typed', async ({
  page,
  t,
  allow,
  person,
  api,
}) => {
  const who = await person(['users/see', 'users/edit'])
  allow(403)
  await page.goto('users/new')
  await signIn(page, t, who)
  await expect(page.getByRole('heading', { level: 1, name: t('users:new.title') })).toBeVisible() // what is before it has a login, too
  const login = `user${Date.now()}`
  await page.getByLabel(t('users:login'), { exact: true }).fill(login)
  await page.getByRole('button', { name: t('users:password.draw') }).click()
  await api('PATCH', `/users/${who.login}`, { must_change: true })
  await page.getByRole('button', { name: t('users:add') }).click()
  const dialog = page.getByRole('dialog', { name: t('session:mustChange') })
  await expect(dialog.getByText(t('session:becameDue'))).toBeVisible()
  await inspect(page, 'password-due')
  await page.keyboard.press('Escape')
  await dialog.getByLabel(t('session:oldPassword')).fill(who.password)
  await dialog.getByLabel(t('session:newPassword'), { exact: true }).fill('another word')
  await dialog.getByLabel(t('session:again')).fill('another word')
  await dialog.getByRole('button', { name: t('session:change') }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByLabel(t('users:login'), { exact: true })).toHaveValue(login)
  await page.getByRole('button', { name: t('users:add') }).click()
  await expect(page.getByRole('dialog', { name: t('users:made.title') })).toContainText(login)
})

test('signs out @main', async ({ page, t }) => {
  await page.goto('')
  await signIn(page, t)
  await settled(page)
  await page.getByRole('button', { name: t('nav:user.menu', { login: boss.login }) }).click()
  await page.getByRole('menuitem', { name: t('nav:user.signOut') }).click()
  await expect(page).toHaveURL(/sign-in$/)
  await page.goto('users')
  await expect(page).toHaveURL(/sign-in\?next=/)
})
