import { expect, type Harness, nobody, settled, signIn, test } from './harness'

const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)

/** A call of yesterday that was recorded; the demonstration has it some seconds after its start. */
async function recorded(api: Harness['api']): Promise<string> {
  let uuid = ''
  await expect
    .poll(async () => {
      const { calls } = (await api('GET', `/calls?from=${yesterday}&to=${yesterday}&recorded=true&limit=1`)) as {
        calls: { uuid: string }[]
      }
      uuid = calls[0]?.uuid ?? ''
      return uuid
    })
    .not.toBe('')
  return uuid
}

test('finds calls by what is in the address, and puts there what is chosen', async ({ page, t, api }) => {
  await recorded(api)
  await page.goto(`calls?from=${yesterday}&to=${yesterday}&queue=sales@default`)
  await settled(page)
  await expect(page.getByRole('combobox', { name: t('calls:column.queue') })).toHaveValue('sales@default')
  await page.getByRole('combobox', { name: t('calls:column.disposition') }).click()
  await page.getByRole('option', { name: t('calls:disposition.abandoned') }).click()
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/disposition=.*abandoned/)
  const table = page.getByRole('table', { name: t('calls:title') })
  await expect(table.getByText(t('calls:disposition.answered'), { exact: true })).toHaveCount(0)
  await table.getByRole('link').first().click()
  await expect(page.getByRole('heading', { name: t('calls:course.title') })).toBeVisible()
  await page.getByRole('link', { name: t('calls:back') }).click()
  await expect(page).toHaveURL(/disposition=.*abandoned/)
  await page.getByLabel(t('calls:filter.number')).fill('79990000000')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: t('calls:empty.title') })).toBeVisible()
  await page.getByRole('button', { name: t('common:action.resetFilters') }).click()
  await expect(table.getByText(t('calls:disposition.answered'), { exact: true }).filter({ visible: true }).first()).toBeVisible()
})

test('finds a recorded call, plays it, and goes to a place in it @main', async ({ page, t, api }) => {
  await recorded(api)
  await page.goto(`calls?from=${yesterday}&to=${yesterday}&recorded=true`)
  await page
    .getByRole('table', { name: t('calls:title') })
    .getByRole('link')
    .first()
    .click()
  await page.getByRole('button', { name: t('calls:player.play') }).click()
  const place = page.getByRole('slider', { name: t('calls:player.place') })
  await expect(place).not.toHaveAttribute('aria-valuenow', '0')
  await page.getByRole('button', { name: t('calls:player.pause') }).click()
  await place.focus()
  await page.keyboard.press('Home')
  await page.getByRole('button', { name: t('calls:player.forward') }).click()
  await expect(place).toHaveAttribute('aria-valuenow', '10')
  const file = page.waitForEvent('download')
  await page.getByRole('button', { name: t('calls:recording.download') }).click()
  expect((await file).suggestedFilename()).toMatch(/\.wav$/)
})

test('shows what FreeSWITCH wrote, as a tree that can be searched', async ({ page, t, api }) => {
  await page.goto(`calls/${await recorded(api)}?tab=cdr`)
  await page.getByRole('button', { name: /^callflow/ }).click()
  await page.getByLabel(t('calls:cdr.search')).fill('hangup_cause')
  await expect(page.getByText('NORMAL_CLEARING', { exact: true })).toBeVisible()
  await expect(page.getByText('cc_queue', { exact: true })).toHaveCount(0)
})

test('saves what was found as a file', async ({ page, t, api }) => {
  await recorded(api)
  await page.goto(`calls?from=${yesterday}&to=${yesterday}`)
  await page.getByRole('button', { name: t('common:action.download') }).click()
  const file = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: t('common:format.xlsx') }).click()
  expect((await file).suggestedFilename()).toMatch(/^calls.*\.xlsx$/)
})

test.describe('with the right to search only', () => {
  test.use({ storageState: nobody })

  test('shows no numbers, no recordings and no files', async ({ page, t, api, person }) => {
    const uuid = await recorded(api)
    const who = await person(['calls/search'])
    await page.goto('calls')
    await signIn(page, t, who)
    await settled(page)
    await expect(page.getByRole('cell', { name: /\*{5}/ }).first()).toBeVisible()
    await expect(page.getByLabel(t('calls:filter.number'))).toBeDisabled()
    await expect(page.getByRole('button', { name: t('common:action.download') })).toHaveCount(0)
    await page.goto(`calls/${uuid}`)
    await expect(page.getByText(t('calls:recording.denied'))).toBeVisible()
    await expect(page.getByRole('link', { name: t('calls:tab.decisions') })).toHaveCount(0)
  })
})
