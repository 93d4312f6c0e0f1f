import { ActionIcon, Menu } from '@mantine/core'
import { IconCalendarClock, IconDots, IconHistory } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Asked } from './SwitchDialog'

interface Props {
  asked: Omit<Asked, 'at'>
  canPlan: boolean
  onAsk: (what: Asked) => void
}

/** What else can be done with a switch. */
export function SwitchMenu({ asked, canPlan, onAsk }: Props) {
  const { t } = useTranslation('modules')
  const { target, title, on } = asked
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('menu', { title })}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCalendarClock size={16} />} disabled={!canPlan} onClick={() => onAsk({ ...asked, at: 'later' })}>
          {on ? t('plan.off') : t('plan.on')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconHistory size={16} />}
          renderRoot={(props) => (
            <Link
              to="/modules/history"
              search={{ module: target.module, action: target.action, project: target.project || undefined }}
              {...props}
            />
          )}
        >
          {t('history.of')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
