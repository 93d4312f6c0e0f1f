import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown, IconDownload, IconFileSpreadsheet, IconFileText } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '~/api/client'
import { ProblemDetail } from './ProblemNote'
import { useProblemTitle } from './problem'

/** Saves what the API answers as a file, under the name that it gives. A refusal is thrown and is no file. */
export async function download(path: string): Promise<void> {
  const answer = await ask(new Request(path))
  const name = /filename="?([^";]+)"?/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'callgate'
  const url = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** Saves files, and tells of failures. */
export function useDownload() {
  const title = useProblemTitle()
  const [busy, setBusy] = useState(false)
  const save = (path: string) => {
    setBusy(true)
    download(path)
      .catch((failure: unknown) =>
        notifications.show({ color: 'red', title: title(failure), message: <ProblemDetail failure={failure} />, autoClose: 10_000 }),
      )
      .finally(() => setBusy(false))
  }
  return { busy, save }
}

export type FileFormat = 'xlsx' | 'csv'

/** Offers what is shown as a table for Excel, or as CSV. */
export function DownloadMenu({ path }: { path: (format: FileFormat) => string }) {
  const { t } = useTranslation()
  const { busy, save } = useDownload()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" loading={busy} leftSection={<IconDownload size={16} />} rightSection={<IconChevronDown size={14} />}>
          {t('action.download')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFileSpreadsheet size={16} />} onClick={() => save(path('xlsx'))}>
          {t('format.xlsx')}
        </Menu.Item>
        <Menu.Item leftSection={<IconFileText size={16} />} onClick={() => save(path('csv'))}>
          {t('format.csv')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
