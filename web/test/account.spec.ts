import { createHmac } from 'node:crypto'
import { expect, inspect, languages, nobody, settled, signIn, test } from './harness'

test.use({ storageState: nobody })

/** The code that an authenticator shows, steps of 30 seconds from now. */
function code(secret: string, steps = 0): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const hash = createHmac('sha1', key).update(counter).digest()
  const at = (hash.at(-1) ?? 0) & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

for (const language of languages) {
  test.describe(language, () => {
    test.use({ language })

    test('sets an authenticator up, signs in with it and with a recovery code, and turns it off', async ({ page, t, allow, person }) => {
      test.slow() // two sign-ins, and three states looked at
      const who = await person(['users/see', 'queues/see'])
      allow(401, 422)
      await page.goto('account')
      await signIn(page, t, who)
      await expect(page.getByRole('heading', { level: 1, name: t('account:title') })).toBeVisible()
      await settled(page)

      await page.getByRole('button', { name: t('account:totp.begin') }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel(t('session:oldPassword')).fill('not mine')
      await dialog.getByRole('button', { name: t('account:totp.next') }).click()
      await expect(dialog.getByText(t('session:wrongOld'))).toBeVisible()
      await dialog.getByLabel(t('session:oldPassword')).fill(who.password)
      await dialog.getByRole('button', { name: t('account:totp.next') }).click()
      await expect(dialog.getByRole('img', { name: t('account:totp.qr') })).toBeVisible()
      await inspect(page, 'authenticator', { second: language === 'en' })
      const secret = (await dialog.locator('code').textContent())?.replace(/\s/g, '') ?? ''
      await dialog.getByLabel(t('account:totp.code'), { exact: true }).fill('000000')
      await dialog.getByRole('button', { name: t('account:totp.confirm') }).click()
      await expect(dialog.getByText(t('account:totp.wrongCode'))).toBeVisible()
      await dialog.getByLabel(t('account:totp.code'), { exact: true }).fill(code(secret))
      await dialog.getByRole('button', { name: t('account:totp.confirm') }).click()
      await expect(dialog.locator('li')).toHaveCount(10)
      const [first = ''] = await dialog.locator('li').allTextContents()
      await inspect(page, 'recovery-codes', { second: language === 'en' })
      await dialog.getByRole('button', { name: t('account:totp.kept') }).click()
      await expect(page.getByText(t('account:totp.onAbout'))).toBeVisible()

      await page.getByRole('button', { name: t('nav:user.menu', { login: who.login }) }).click()
      await page.getByRole('menuitem', { name: t('nav:user.signOut') }).click()
      await signIn(page, t, who)
      await expect(page.getByLabel(t('session:code'))).toBeFocused()
      await inspect(page, 'code', { second: language === 'en' })
      await page.getByLabel(t('session:code')).fill('000000')
      await page.getByRole('button', { name: t('session:enter'), exact: true }).click()
      await expect(page.getByRole('alert')).toHaveText(t('session:wrongCode'))
      // Each code is good once, and the one of this step has been used.
      await page.getByLabel(t('session:code')).fill(code(secret, 1))
      await page.getByRole('button', { name: t('session:enter'), exact: true }).click()
      await expect(page.locator('#main')).toBeVisible()

      await page.goto('account')
      await page.getByRole('button', { name: t('account:totp.end') }).click()
      await dialog.getByLabel(t('session:oldPassword')).fill(who.password)
      await dialog.getByLabel(t('account:totp.codeOrRecovery')).fill(first)
      await dialog.getByRole('button', { name: t('account:totp.end') }).click()
      await expect(page.getByText(t('account:totp.offAbout'))).toBeVisible()
    })
  })
}

test('ends another session of the same user', async ({ page, browser, baseURL, t, person, allow }) => {
  const who = await person(['users/see'])
  const other = await browser.newContext({ baseURL: baseURL ?? '', locale: 'ru-RU', storageState: nobody })
  const elsewhere = await other.newPage()
  await elsewhere.goto('account')
  await signIn(elsewhere, t, who)
  await expect(elsewhere.locator('#main')).toBeVisible()
  allow(401)
  await page.goto('account')
  await signIn(page, t, who)
  const sessions = page.getByRole('table', { name: t('account:tokens.title') })
  await expect(sessions.getByText(t('account:tokens.here'))).toBeVisible()
  await sessions.getByRole('button', { name: t('account:tokens.end') }).click()
  await expect(sessions.getByRole('button', { name: t('account:tokens.end') })).toHaveCount(0)
  await elsewhere.reload()
  await expect(elsewhere).toHaveURL(/sign-in\?next=/)
  await other.close()
})

test('shows who has few rights no more than those, and what the others want', async ({ page, t, person }) => {
  const who = await person(['users/see'])
  await page.goto('')
  await signIn(page, t, who)
  await expect(page).toHaveURL(/\/panel\/users$/) // the first page that he may open
  const links = page.getByRole('navigation', { name: t('nav:navigation') }).getByRole('link')
  await expect(links).toHaveText([t('nav:page.users'), t('nav:page.api')])
  await page.goto('settings')
  await expect(
    page.getByText(t('common:state.rightWanted', { right: t('common:state.rightName', { name: 'Просмотр настроек' }) })),
  ).toBeVisible()
  await inspect(page, 'forbidden')
  await page.goto('nothing/here')
  await expect(page.getByText(t('common:state.notFound'))).toBeVisible()
  await inspect(page, 'not-found')
})
