import { Box, Button, Collapse, Group, Paper, SimpleGrid, Switch, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown } from '@tabler/icons-react'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { ProjectName } from '~/part/projects'
import { StatusBadge } from '~/part/StatusBadge'
import { useWording } from '~/text/wording'
import { Answer } from './Answer'
import type { Shown } from './filter'
import style from './ModuleCard.module.css'
import type { Order } from './query'
import type { Asked } from './SwitchDialog'
import { SwitchMenu } from './SwitchMenu'
import { Locked, SwitchState } from './SwitchState'
import { type Action, barrierOf, isOn, type Target, whole, works } from './state'

interface Props {
  shown: Shown
  /** Empty for all. */
  project: string
  projects: readonly ProjectName[]
  may: boolean
  /** Only a part is looked for, which is then to be seen. */
  filtered: boolean
  /** What a client gets while it is off, as far as that is said above already. */
  said: string | undefined
  /** What is being switched. */
  busy: Target | undefined
  onAsk: (what: Asked) => void
  onOrder: (order: Order) => void
}

/** The sections of the manual that tell of a module. */
const sections: Readonly<Record<string, string>> = { auth: '3', contact: '4.1', sms: '4.2', onlinestat: '4.3', report: '4.4' }

/** A module with its switch, and those of its actions. */
export function ModuleCard(props: Props) {
  const { module, actions } = props.shown
  const { project, filtered } = props
  const { t } = useTranslation('modules')
  const wording = useWording()
  const id = useId()
  const section = sections[module.module]
  const [unfolded, { toggle }] = useDisclosure(section !== undefined)
  const open = unfolded || filtered
  const offs = module.actions.filter((action) => action.switchable && !isOn(action.switches, project)).length
  // What a client gets is said once where it is the same for all.
  const answers = [...new Set(module.actions.map(({ off }) => wording(off)))]
  const answer = answers.length === 1 ? answers[0] : undefined
  const canSwitch = module.actions.some((action) => action.switchable)
  return (
    <Paper
      withBorder
      component="section"
      aria-labelledby={id}
      className={style.card}
      data-off={!works(module, undefined, project) || undefined}
    >
      <Line
        {...props}
        id={id}
        title={`${section ? `${section}. ` : ''}${wording(module.title)}`}
        head
        canSwitch={canSwitch}
        answer={answer}
      >
        {actions.length > 0 && (
          <Group gap="xs" mt={6}>
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              ml={-8}
              fw={400}
              aria-expanded={open}
              aria-controls={`${id}-actions`}
              disabled={filtered}
              onClick={toggle}
              rightSection={<IconChevronDown size={14} className={style.chevron} data-open={open || undefined} aria-hidden />}
            >
              {t('actions', { count: actions.length })}
            </Button>
            {offs > 0 && <StatusBadge tone="bad">{t('offCount', { count: offs })}</StatusBadge>}
          </Group>
        )}
      </Line>
      <Collapse expanded={open} id={`${id}-actions`}>
        {open && (
          <SimpleGrid cols={section ? { base: 1, md: 2 } : 1} spacing={0} verticalSpacing={0} className={style.actions}>
            {actions.map((action) => (
              <Line
                key={action.action}
                {...props}
                action={action}
                id={`${id}-${action.action}`}
                title={wording(action.title)}
                canSwitch={action.switchable}
                answer={answer === undefined ? wording(action.off) : undefined}
              />
            ))}
          </SimpleGrid>
        )}
      </Collapse>
    </Paper>
  )
}

interface LineProps extends Props {
  id: string
  title: string
  action?: Action
  head?: boolean
  canSwitch: boolean
  /** What a client gets while it is off, where it is to be said here. */
  answer: string | undefined
  children?: React.ReactNode
}

/** A switch, what it is for, and how it stands. */
function Line({
  shown,
  project,
  projects,
  may,
  busy,
  said,
  onAsk,
  onOrder,
  id,
  title,
  action,
  head,
  canSwitch,
  answer,
  children,
}: LineProps) {
  const { t } = useTranslation('modules')
  const wording = useWording()
  const { module } = shown
  const { about, switches } = action ?? module
  const target: Target = { module: module.module, action: action?.action ?? whole, project }
  const on = isOn(switches, project)
  const barrier = barrierOf(module, action, project)
  const itself = module.module === 'modules' && (action?.action === 'edit' || !action)
  const asked = { target, title, module, action, on }
  return (
    <Group className={head ? style.head : style.action} wrap="nowrap" align="flex-start" gap="sm">
      <Box className={style.switch}>
        {canSwitch && (
          <Switch
            role="switch"
            size={head ? 'md' : 'sm'}
            checked={on}
            disabled={!may || barrier !== undefined || (itself && on) || (busy !== undefined && same(busy, target))}
            aria-labelledby={id}
            aria-describedby={`${id}-about`}
            onChange={() => (on ? onAsk({ ...asked, at: 'now' }) : onOrder({ target, on: true, told: t('told.on', { title }) }))}
          />
        )}
      </Box>
      <Box flex={1} miw={0}>
        {head ? (
          <Title order={2} size="h3" id={id} className={style.title}>
            {title}
          </Title>
        ) : (
          <Text fw={500} id={id} className={style.title} size="sm">
            {title}
          </Text>
        )}
        <Text size="sm" c="dimmed" id={`${id}-about`} maw="72ch">
          {wording(about)}
        </Text>
        {answer !== undefined && answer !== said && (
          <Text size="xs" c="dimmed" mt={2}>
            {canSwitch ? <Answer text={answer} /> : answer}
          </Text>
        )}
        {itself && on && <Locked>{t('barrier.itself')}</Locked>}
        <SwitchState
          switches={switches}
          project={project}
          projects={projects}
          barrier={barrier}
          may={may}
          target={target}
          title={title}
          onOrder={onOrder}
        />
        {children}
      </Box>
      {canSwitch && <SwitchMenu asked={asked} canPlan={may && barrier === undefined && !(itself && on)} onAsk={onAsk} />}
    </Group>
  )
}

const same = (a: Target, b: Target) => a.module === b.module && a.action === b.action && a.project === b.project
