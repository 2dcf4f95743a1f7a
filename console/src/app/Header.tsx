import { ActionIcon, Badge, Group, Indicator, Kbd, Menu, Popover, Text, Tooltip, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBell, IconCheck, IconDeviceDesktop, IconHelpCircle, IconLanguage, IconLogout, IconMoon, IconSearch, IconSun, IconUserCircle } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useLive } from '~/api/live';
import { Problem } from '~/api/problem';
import { Stale } from '~/components/States';
import { useProblemText } from '~/components/problem-text';
import { AlertCards } from '~/features/alerts/AlertCards';
import { useServerAlerts } from '~/features/alerts/use-alerts';
import { bits, number } from '~/format';
import { choose, LANGUAGES, type Language } from '~/i18n';
import { useMay, useSession, useUser } from './session';

interface Props {
  onSearch: () => void;
  onHelp: () => void;
}

export function Header({ onSearch, onHelp }: Props) {
  const { t } = useTranslation();
  return (
    <Group flex={1} justify="flex-end" gap="xs" wrap="nowrap" miw={0}>
      <UnstyledButton className="search" onClick={onSearch} visibleFrom="sm">
        <IconSearch size={16} aria-hidden />
        <Text size="sm" c="dimmed" component="span" flex={1} truncate>
          {t('shell.search')}
        </Text>
        <Kbd size="xs" aria-hidden>{KEYS}</Kbd>
      </UnstyledButton>
      <LiveBadge />
      <ActionIcon variant="subtle" color="gray" size="lg" hiddenFrom="sm" onClick={onSearch} aria-label={t('shell.search')}>
        <IconSearch size={20} />
      </ActionIcon>
      <Bell />
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={onHelp} aria-label={t('help.here')} visibleFrom="sm">
        <IconHelpCircle size={20} />
      </ActionIcon>
      <Scheme />
      <Languages />
      <Account onHelp={onHelp} />
    </Group>
  );
}

const KEYS = /Mac|iP/.test(navigator.platform) ? '⌘K' : 'Ctrl K';

/** What goes on, everywhere: streams, viewers, what comes in and goes out. */
function LiveBadge() {
  const { t } = useTranslation();
  const may = useMay();
  const live = useLive('system', may('system:read'));
  if (live.connected === false) return <Stale at={live.at} brief />;
  const system = live.known;
  if (!system) return null;
  const on = system.publishers > 0;
  return (
    <Tooltip label={t('shell.rates', { received: bits((system.received ?? 0) * 8), sent: bits((system.sent ?? 0) * 8) })}>
      <UnstyledButton component={Link} to="/streams" aria-label={`${number(system.publishers)} ${t('shell.streams', { count: system.publishers })} · ${number(system.viewers)} ${t('shell.viewers', { count: system.viewers })}`}>
        <Badge variant="light" color={on ? 'green' : 'gray'} size="lg" radius="sm" tt="none" leftSection={<span className="dot" data-mood={on ? 'good' : undefined} data-live={on || undefined} />}>
          <Text span size="xs" fw={600} className="numbers">
            {number(system.publishers)}
            <Text span inherit visibleFrom="md">
              {' '}
              {t('shell.streams', { count: system.publishers })} · {number(system.viewers)} {t('shell.viewers', { count: system.viewers })}
            </Text>
          </Text>
        </Badge>
      </UnstyledButton>
    </Tooltip>
  );
}

/** What an operator should look after, of the server itself. */
function Bell() {
  const { t } = useTranslation();
  const alerts = useServerAlerts();
  const [open, setOpen] = useState(false);
  return (
    <Popover width={360} position="bottom-end" shadow="md" opened={open} onChange={setOpen} trapFocus>
      <Indicator disabled={alerts.length === 0} label={alerts.length} size={16} color="red" offset={5}>
        <Popover.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shell.alerts', { count: alerts.length })} onClick={() => setOpen(!open)}>
            <IconBell size={20} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        {alerts.length === 0 && <Text size="sm">{t('shell.noAlerts')}</Text>}
        <AlertCards alerts={alerts} onGo={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

function Scheme() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const icons = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop };
  const Current = icons[colorScheme];
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shell.theme')} visibleFrom="sm">
          <Current size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(['light', 'dark', 'auto'] as const).map((scheme) => {
          const Icon = icons[scheme];
          return (
            <Menu.Item key={scheme} leftSection={<Icon size={16} />} rightSection={scheme === colorScheme && <IconCheck size={14} />} onClick={() => setColorScheme(scheme)}>
              {t(`shell.scheme.${scheme}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

function Languages() {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shell.language')} visibleFrom="sm">
          <IconLanguage size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <LanguageItems current={i18n.language} />
      </Menu.Dropdown>
    </Menu>
  );
}

function LanguageItems({ current }: { current: string }) {
  return Object.entries(LANGUAGES).map(([tag, name]) => (
    <Menu.Item key={tag} lang={tag} rightSection={tag === current && <IconCheck size={14} />} onClick={() => void choose(tag as Language)}>
      {name}
    </Menu.Item>
  ));
}

function Account({ onHelp }: { onHelp: () => void }) {
  const { t, i18n } = useTranslation();
  const text = useProblemText();
  const user = useUser();
  const { leave } = useSession();
  const { setColorScheme, colorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" shadow="md" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shell.account', { name: user.name })}>
          <IconUserCircle size={22} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name} · {t(`roles.${user.role}`)}
        </Menu.Label>
        <Menu.Item component={Link} to="/access?tab=me">
          {t('shell.me')}
        </Menu.Item>
        <Menu.Divider hiddenFrom="sm" />
        <Menu.Item hiddenFrom="sm" onClick={onHelp} leftSection={<IconHelpCircle size={16} />}>
          {t('help.here')}
        </Menu.Item>
        <Menu.Item hiddenFrom="sm" onClick={() => setColorScheme(colorScheme === 'dark' ? 'light' : 'dark')} leftSection={<IconMoon size={16} />}>
          {t(colorScheme === 'dark' ? 'shell.scheme.light' : 'shell.scheme.dark')}
        </Menu.Item>
        {Object.entries(LANGUAGES)
          .filter(([tag]) => tag !== i18n.language)
          .map(([tag, name]) => (
            <Menu.Item key={tag} lang={tag} hiddenFrom="sm" leftSection={<IconLanguage size={16} />} onClick={() => void choose(tag as Language)}>
              {name}
            </Menu.Item>
          ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} />}
          onClick={() => leave().catch((thrown: unknown) => notifications.show({ color: 'red', message: text(Problem.from(thrown)) }))}
        >
          {t('shell.logout')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
