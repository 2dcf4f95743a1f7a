import { ActionIcon, Group, Menu, useMantineColorScheme } from '@mantine/core';
import { IconLanguage, IconMoon, IconSun } from '@tabler/icons-react';
import { useEffect, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { choose, LANGUAGES, type Language } from '~/i18n';
import { Mark } from './Mark';

/** The frame of pages for who is not logged in. */
export function Alone({ title, width = 420, children }: { title: string; width?: number; children: ReactNode }) {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => {
    document.title = `${title} · Sluice`;
  }, [title]);
  return (
    <div className="alone">
      <header>
        <Group p="md" justify="space-between">
        <Mark />
        <Group gap={4}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shell.scheme.dark')} onClick={() => setColorScheme('dark')} darkHidden>
            <IconMoon size={20} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shell.scheme.light')} onClick={() => setColorScheme('light')} lightHidden>
            <IconSun size={20} />
          </ActionIcon>
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shell.language')}>
                <IconLanguage size={20} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {Object.entries(LANGUAGES).map(([tag, name]) => (
                <Menu.Item key={tag} lang={tag} onClick={() => void choose(tag as Language)}>
                  {name}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </Group>
        </Group>
      </header>
      <main className="alone-main" style={{ maxWidth: width }}>
        {children}
      </main>
    </div>
  );
}
