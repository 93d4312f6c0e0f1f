import { shared } from '../playwright.config'
import { expect, test as setup, signIn } from './harness'

setup('sign in once for all', async ({ page, t }) => {
  await page.goto('')
  await signIn(page, t)
  await expect(page.getByRole('navigation', { name: t('nav:navigation') })).toBeVisible()
  // Each test says itself what it speaks first.
  await page.evaluate(() => localStorage.removeItem('callgate.language'))
  await page.context().storageState({ path: shared })
})
