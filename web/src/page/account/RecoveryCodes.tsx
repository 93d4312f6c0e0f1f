import { Button, Code, CopyButton, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

/** Codes for when the authenticator is lost; they are shown once. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { t } = useTranslation('account')
  const text = `${codes.join('\n')}\n`
  const [file, setFile] = useState<string>()
  useEffect(() => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
    setFile(url)
    return () => URL.revokeObjectURL(url)
  }, [text])
  return (
    <Stack gap="sm">
      <Text size="sm">{t('totp.recovery')}</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={4} component="ul" p={0} m={0}>
        {codes.map((code) => (
          <Code key={code} component="li" ta="center" fz="sm" py={4} display="block">
            {code}
          </Code>
        ))}
      </SimpleGrid>
      <Group gap="xs" grow>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />} onClick={copy}>
              {copied ? t('copied') : t('copy')}
            </Button>
          )}
        </CopyButton>
        <Button component="a" href={file} download="callgate-recovery-codes.txt" variant="default" leftSection={<IconDownload size={16} />}>
          {t('download')}
        </Button>
      </Group>
      <Button onClick={onDone}>{t('totp.kept')}</Button>
    </Stack>
  )
}
