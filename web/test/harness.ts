import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type BrowserContext,
  test as base,
  type ConsoleMessage,
  expect,
  type Page,
  type PlaywrightTestOptions,
  type Request,
  type WebError,
} from '@playwright/test'
import axe from 'axe-core'

declare global {
  interface Window {
    axe?: typeof axe
  }
}

export type Language = 'ru' | 'en'
export const languages = ['ru', 'en'] as const

/** The demonstration's log-in with all rights. */
export const boss = { login: 'API_test_2', password: 'API_test_2' }

/** The texts of a language, by `namespace:key.key`; {{name}} is filled in. */
export function texts(language: Language) {
  return (key: string, values: Record<string, string | number> = {}): string => {
    const [namespace = '', path = ''] = key.split(':')
    const file: unknown = JSON.parse(readFileSync(new URL(`../src/text/${language}/${namespace}.json`, import.meta.url), 'utf8'))
    const text = path.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], file)
    if (typeof text !== 'string') throw new Error(`no text ${key}`)
    return text.replace(/{{(\w+)}}/g, (_, name: string) => String(values[name]))
  }
}

interface Person {
  login: string
  password: string
}

/** Whom the browser does not know: `test.use({ storageState: nobody })`. */
export const nobody: Awaited<ReturnType<BrowserContext['storageState']>> = { cookies: [], origins: [] }

interface Worker {
  /**
   * The page that tests of a language have one after another, each as if it were new: to open a browser's window, to fetch the panel and
   * to compile it takes longer than most tests do.
   */
  kept: Map<Language, Page>
}

export interface Harness {
  /** Makes a user with some rights, who has to change his password first if that is said. */
  person: (rights: readonly string[], more?: { must_change?: boolean; projects?: string[] }) => Promise<Person>
  /** The API with all rights, for what a test needs that is not its own matter: `api('POST', '/projects', {...})` gives the body. */
  api: (method: string, path: string, body?: unknown) => Promise<unknown>
  /** What the page speaks first: `test.use({ language: 'en' })`. */
  language: Language
  /** The texts of that language. */
  t: ReturnType<typeof texts>
  /** Lets the browser's console say that requests were refused with a status, 0 for no answer: for tests in which that is to happen. */
  allow: (...statuses: number[]) => void
}

/** A test with a page of which nothing goes wrong: no error or warning in its console, no script that fails, no request to another host. */
export const test = base.extend<Harness, Worker>({
  language: ['ru', { option: true }],
  t: async ({ language }, use) => use(texts(language)),
  locale: async ({ language }, use) => use(language === 'ru' ? 'ru-RU' : 'en-GB'),
  api: async ({ playwright, baseURL }, use) => {
    const asking = await playwright.request.newContext()
    const ask = async (method: string, path: string, body?: unknown) => {
      const answer = await asking.fetch(new URL(`/api/v1${path}`, baseURL).href, {
        method,
        headers: { Authorization: `Bearer ${token}` },
        ...(body !== undefined && { data: body }),
      })
      expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true)
      return answer.status() === 204 ? undefined : answer.json()
    }
    if (!token) token = ((await ask('POST', '/tokens', { ...boss, name: 'tests' })) as { token: string }).token
    await use(ask)
    await asking.dispose()
  },
  person: async ({ api }, use) => {
    await use(async (rights, more = {}) => {
      const who = { login: `user${randomInt(1e9)}`, password: `first word ${randomInt(1e9)}` }
      await api('POST', '/users', { ...who, rights, ...more })
      return who
    })
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads out of the pattern what a fixture needs
  allow: async ({}, use) => {
    await use((...statuses) => {
      for (const status of statuses) allowed.add(status)
    })
    allowed.clear()
  },
  kept: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const kept = new Map<Language, Page>()
      await use(kept)
      for (const page of kept.values()) await page.context().close()
    },
    { scope: 'worker' },
  ],
  context: async ({ kept, browser, language, locale, viewport, storageState, baseURL, allow: _ }, use) => {
    let page = kept.get(language)
    if (!page) {
      const context = await browser.newContext({ baseURL: baseURL ?? '', locale: locale ?? '' })
      await context.addInitScript((first) => {
        try {
          localStorage.getItem('callgate.language') ?? localStorage.setItem('callgate.language', first)
        } catch {
          // a page that is none, as there is before the first one
        }
      }, language)
      page = await context.newPage()
      kept.set(language, page)
    }
    const context = page.context()
    await forget(page, storageState)
    await page.setViewportSize(viewport ?? wide)
    const wrong: string[] = []
    const origin = new URL(baseURL ?? '').origin
    const said = (message: ConsoleMessage) => {
      if (!['error', 'warning'].includes(message.type())) return
      const refused = /the server responded with a status of (\d+)|net::ERR_/.exec(message.text())
      if (refused && allowed.has(Number(refused[1] ?? 0))) return
      wrong.push(`${message.type()}: ${message.text()} (${message.location().url}) on ${message.page()?.url()}`)
    }
    const failed = (failure: WebError) => wrong.push(`failed: ${failure.error().stack} on ${failure.page()?.url()}`)
    const asked = (request: Request) => {
      const to = new URL(request.url())
      if (/^https?:$/.test(to.protocol) && to.origin !== origin) wrong.push(`asked ${to.origin}`)
    }
    context.on('console', said).on('weberror', failed).on('request', asked)
    await use(context)
    context.off('console', said).off('weberror', failed).off('request', asked)
    expect(wrong, 'what the browser complained of').toEqual([])
  },
  page: async ({ context }, use) => use(context.pages()[0] as Page),
})

/** Leaves the page for one that does nothing, and has the browser know of what was kept for the test and of nothing else. */
async function forget(page: Page, state: PlaywrightTestOptions['storageState']) {
  const context = page.context()
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await context.clearCookies()
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.goto('icon.svg')
  const { cookies, origins } = (typeof state === 'string' ? JSON.parse(readFileSync(state, 'utf8')) : (state ?? nobody)) as typeof nobody
  await context.addCookies(cookies)
  await page.evaluate((items) => {
    sessionStorage.clear()
    localStorage.clear()
    for (const { name, value } of items) localStorage.setItem(name, value)
  }, origins[0]?.localStorage ?? [])
}

// Of this worker, which runs one test at a time.
let token = ''
const allowed = new Set<number>()

/** Waits until a page is there: its head is shown and nothing is loading. */
export async function settled(page: Page) {
  await expect(page.locator('#main h1')).toBeVisible()
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
}

/** Expects without keeping the test from looking further. */
export const softly = expect.configure({ soft: true })

const wide = { width: 1440, height: 900 }
export const phone = { width: 390, height: 844 }

const themes = ['light', 'dark'] as const

/**
 * Looks at the page as it is now: keeps pictures as NAME-LANGUAGE-WIDTH-THEME.jpeg in test-results/pictures, finds what axe calls serious,
 * and what is wider than the window. With PANEL_WHOLE wide and on a phone in both themes; else in one theme, which another page of the
 * suite does not have, a first look wide and with axe, a second one, in another language, on a phone and without: that is a quarter of
 * the time. The page is left light, and as wide as it was.
 */
export async function inspect(page: Page, name: string, { second = false } = {}) {
  const language = await page.evaluate(() => document.documentElement.lang)
  const whole = Boolean(process.env.PANEL_WHOLE)
  const was = page.viewportSize() ?? wide
  const odd = ([...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) + Number(second)) % 2
  for (const theme of whole ? themes : themes.slice(odd, odd + 1)) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    for (const size of whole ? [phone, wide] : [second ? phone : wide]) {
      await page.setViewportSize(size)
      const beyond = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      await softly.poll(beyond, `${name} is wider than ${size.width} px by`).toBeLessThanOrEqual(0)
      await page.screenshot({
        path: `test-results/pictures/${name}-${language}-${size.width}-${theme}.jpeg`,
        type: 'jpeg',
        quality: 80,
        fullPage: true,
        animations: 'disabled',
      })
    }
    if (whole || !second) await accessible(page, `${name}, ${theme}`)
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.setViewportSize(was)
}

/** Expects that axe finds nothing serious or critical. */
export async function accessible(page: Page, name: string) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const serious = await page.evaluate(async () => {
    // What is there is no more than moderate.
    const off = window.axe?.getRules().filter(({ ruleId }) => /^(region|landmark-.*)$/.test(ruleId)) ?? []
    const rules = Object.fromEntries(off.map(({ ruleId }) => [ruleId, { enabled: false }]))
    // Without what it preloads: it would make styles without a nonce of those in shadow roots.
    const found = await window.axe?.run({ preload: false, resultTypes: ['violations'], rules })
    return found?.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`)
  })
  softly(serious, `what axe finds on ${name}`).toEqual([])
}

/** Signs in at the page that is shown. */
export async function signIn(page: Page, t: Harness['t'], who = boss) {
  await page.getByLabel(t('session:login')).fill(who.login)
  await page.getByLabel(t('session:password'), { exact: true }).fill(who.password)
  await page.getByRole('button', { name: t('session:enter'), exact: true }).click()
}

export { expect }
