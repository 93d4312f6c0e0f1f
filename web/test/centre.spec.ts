import { accessible, expect, nobody, signIn, test } from './harness'

test.describe('in English', () => {
  test.use({ language: 'en' })

  test('adds an agent, puts him into a queue, sends him on break and deletes him @main', async ({ page, t, api, allow }) => {
    allow(412, 422)
    const name = 'test.agent@default'
    await page.goto('agents')
    await page.getByRole('button', { name: t('centre:agent.add') }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: t('centre:agent.add') }).click()
    await expect(dialog.getByText(t('centre:field.wanted'))).toBeVisible()
    await dialog.getByLabel(t('centre:agent.name')).fill(name)
    await dialog.getByLabel(t('centre:agent.contact')).fill('user/1000 evil')
    await dialog.getByRole('button', { name: t('centre:agent.add') }).click()
    await expect(dialog.getByLabel(t('centre:agent.contact'))).toHaveAttribute('aria-invalid', 'true')
    await dialog.getByLabel(t('centre:agent.contact')).fill('user/1234')
    await dialog.getByRole('button', { name: t('centre:agent.add') }).click()
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()

    await page.getByRole('button', { name: t('centre:tier.addQueue') }).click()
    await dialog.getByRole('combobox', { name: t('centre:tier.queue') }).fill('sales@default')
    await dialog.getByLabel(t('centre:tier.level')).fill('7')
    await dialog.getByRole('button', { name: t('centre:tier.add'), exact: true }).click()
    const row = page.getByRole('row', { name: 'sales@default' })
    await expect(row.getByRole('cell', { name: '7' })).toBeVisible()
    await row.getByRole('button', { name: t('centre:tier.editOf', { agent: name, queue: 'sales@default' }) }).click()
    await dialog.getByLabel(t('centre:tier.level')).fill('3')
    await dialog.getByRole('button', { name: t('common:action.save') }).click()
    await expect(row.getByRole('cell', { name: '3' })).toBeVisible()

    await page.getByRole('button', { name: t('centre:status.change', { name }) }).click()
    await page.getByRole('menuitem', { name: t('centre:status.onBreak') }).click()
    await dialog.getByLabel(t('centre:status.reason')).fill('training')
    await accessible(page, 'a break')
    await dialog.getByRole('button', { name: t('centre:status.pause') }).click()
    const states = page.getByRole('table', { name: t('centre:state.title') })
    await expect(states.getByRole('row', { name: 'training' })).toBeVisible()

    // Somebody else was quicker.
    const wrapUp = page.getByLabel(t('centre:delay.wrap_up_time.label'), { exact: true })
    const refusals = page.getByLabel(t('centre:delay.max_no_answer.label'), { exact: true })
    const save = page.getByRole('button', { name: t('common:action.save') })
    await wrapUp.fill('25')
    await api('PATCH', `/agents?name=${name}`, { max_no_answer: 5 })
    await save.click()
    await expect(page.getByRole('alert').filter({ hasText: t('common:problem.412') })).toBeVisible()
    await page.getByRole('button', { name: t('common:action.reload') }).click()
    await expect(refusals).toHaveValue(/^5/)
    await expect(wrapUp).toHaveValue(/^25/)
    await save.click()
    await expect.poll(() => api('GET', `/agent?name=${name}`)).toMatchObject({ wrap_up_time: 25, max_no_answer: 5 })
    await expect(save).toBeDisabled()

    await page.getByRole('button', { name: t('centre:agent.remove') }).click()
    await dialog.getByRole('button', { name: t('centre:agent.remove') }).click()
    await expect(page).toHaveURL(/\/agents$/)
    await expect(page.getByRole('link', { name })).toHaveCount(0)
  })
})

test('defines a queue, and does not overwrite what another has changed', async ({ page, t, api, allow }) => {
  allow(412)
  const name = 'night@default'
  await page.goto('queues/definition')
  await page.getByLabel(t('centre:queue.name')).fill(name)
  await page.getByLabel(t('centre:param.max_wait_time.label'), { exact: true }).fill('300')
  await page.getByRole('button', { name: t('centre:definitions.add') }).click()
  await expect(page.getByRole('status').filter({ hasText: t('centre:definition.saved') })).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()

  await api('PUT', `/queue-definition?name=${encodeURIComponent(name)}`, { max_wait_time: 300, moh_sound: 'local_stream://other' })
  await page.getByLabel(t('centre:param.max_wait_time.label'), { exact: true }).fill('400')
  await page.getByRole('button', { name: t('common:action.save') }).click()
  await expect(page.getByRole('alert').filter({ hasText: t('common:problem.412') })).toBeVisible()
  await page.getByRole('button', { name: t('common:action.reload') }).click()
  await expect(page.getByLabel(t('centre:param.moh_sound.label'))).toHaveValue('local_stream://other')
  await expect(page.getByLabel(t('centre:param.max_wait_time.label'), { exact: true })).toHaveValue(/^400/)
  await page.getByRole('button', { name: t('common:action.save') }).click()
  // A button is disabled while it saves, too.
  await expect
    .poll(() => api('GET', `/queue-definition?name=${encodeURIComponent(name)}`))
    .toMatchObject({ params: { max_wait_time: 400, moh_sound: 'local_stream://other' } })
  await expect(page.getByRole('button', { name: t('common:action.save') })).toBeDisabled()

  await page.getByRole('button', { name: t('centre:definition.remove') }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('centre:definition.remove') })
    .click()
  await expect(page.getByText(t('centre:definitions.none'))).toBeVisible()
})

test('rings a phone, and lets the call be listened to, transferred and ended @main', async ({ page, t }) => {
  await page.goto('live')
  await page.getByRole('button', { name: t('centre:make.action') }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: t('centre:make.sip') }).fill('1234')
  await dialog.getByLabel(t('centre:make.called')).fill('8 (495) 765-43-21') // stays a minute
  await dialog.getByRole('combobox', { name: t('centre:make.caller') }).fill('78002000001')
  await dialog.getByLabel(t('centre:make.called')).press('Enter')
  await expect(dialog.getByText(t('centre:make.answered'))).toBeVisible()
  await accessible(page, 'a call that was made')
  await dialog
    .getByRole('button', { name: t('common:action.close'), exact: true })
    .last()
    .click()

  const what = t('centre:live.fromTo', { from: '1234', to: '84957654321' })
  await page.getByRole('button', { name: t('centre:listen.of', { what }) }).click()
  await dialog.getByRole('radio', { name: t('centre:listen.whisper.label') }).check()
  await dialog.getByRole('button', { name: t('centre:listen.ring') }).click()
  await expect(dialog.getByText(t('centre:listen.answered'))).toBeVisible()
  await dialog
    .getByRole('button', { name: t('common:action.close'), exact: true })
    .last()
    .click()

  await page.getByRole('button', { name: t('centre:live.more', { what }) }).click()
  await page.getByRole('menuitem', { name: t('centre:transfer.action') }).click()
  await dialog.getByText(t('centre:transfer.toNumber'), { exact: true }).click()
  await accessible(page, 'a transfer')
  await dialog.getByRole('button', { name: t('centre:transfer.action') }).click()
  await expect(dialog.getByText(t('centre:field.wanted'))).toBeVisible()
  await dialog.getByRole('button', { name: t('common:action.cancel') }).click()

  await page.getByRole('button', { name: t('centre:live.more', { what }) }).click()
  await page.getByRole('menuitem', { name: t('centre:hangup.action') }).click()
  await dialog.getByRole('button', { name: t('centre:hangup.action') }).click()
  await expect(page.getByRole('button', { name: t('centre:live.more', { what }) })).toHaveCount(0)
})

test.describe('with few rights', () => {
  test.use({ storageState: nobody })

  test('offers what one may do and nothing else', async ({ page, t, person }) => {
    const who = await person(['agents/see', 'queues/see'])
    await page.goto('agents')
    await signIn(page, t, who)
    await expect(page.getByRole('link', { name: '1000@default' })).toBeVisible()
    await expect(page.getByRole('button', { name: t('centre:agent.add') })).toHaveCount(0)
    await expect(page.getByRole('button', { name: t('centre:status.change', { name: '1000@default' }) })).toHaveCount(0)
    await expect(page.getByRole('link', { name: t('nav:page.tiers') })).toHaveCount(0)
    await page.getByRole('link', { name: '1000@default' }).click()
    await expect(page.getByRole('heading', { name: t('centre:state.title') })).toBeVisible()
    await expect(page.getByRole('heading', { name: t('centre:agent.settings') })).toHaveCount(0)
    await page.goto('tiers')
    await expect(page.getByText(t('common:state.forbidden'))).toBeVisible()
  })
})
