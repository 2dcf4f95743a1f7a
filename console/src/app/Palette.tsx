import '@mantine/spotlight/styles.css';

import { Spotlight, spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useMantineColorScheme } from '@mantine/core';
import { IconBroadcast, IconLanguage, IconMoon, IconPlus, IconSearch, IconSettings } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { useLive } from '~/api/live';
import { choose, LANGUAGES, type Language } from '~/i18n';
import type { Place } from './places';
import { useMay } from './session';

/** Everything by typing: pages, streams, what is often done. Opens each time that `asked` is another number. */
export function Palette({ places, asked }: { places: readonly Place[]; asked: number }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay();
  const { setColorScheme } = useMantineColorScheme();
  const streams = useLive('streams', may('streams:read')).known;
  const go = (path: string) => () => void navigate(path);
  useEffect(() => spotlight.open(), [asked]);

  const pages: SpotlightActionData[] = places.map((place) => ({
    id: place.path,
    label: t(`places.${place.name}`),
    onClick: go(place.path),
    leftSection: <place.icon size={18} stroke={1.7} />,
  }));
  const actions: SpotlightActionData[] = [];
  if (may('keys:write')) {
    actions.push({ id: 'key', label: t('shell.do.key'), onClick: go('/settings?tab=keys'), leftSection: <IconPlus size={18} /> });
    actions.push({ id: 'invite', label: t('shell.do.invite'), onClick: go('/go-live?way=guest'), leftSection: <IconPlus size={18} /> });
  }
  if (may('settings:read')) actions.push({ id: 'https', label: t('shell.do.https'), onClick: go('/settings?tab=https'), leftSection: <IconSettings size={18} /> });
  for (const scheme of ['light', 'dark', 'auto'] as const) {
    actions.push({ id: scheme, label: `${t('shell.theme')}: ${t(`shell.scheme.${scheme}`)}`, onClick: () => setColorScheme(scheme), leftSection: <IconMoon size={18} /> });
  }
  for (const [tag, name] of Object.entries(LANGUAGES)) {
    actions.push({ id: tag, label: `${t('shell.language')}: ${name}`, onClick: () => void choose(tag as Language), leftSection: <IconLanguage size={18} /> });
  }
  const groups: SpotlightActionGroupData[] = [
    {
      group: t('places.streams'),
      actions: [...(streams?.keys() ?? [])].slice(0, 200).map((id) => ({ id: `stream ${id}`, label: id, onClick: go(`/streams/${id}`), leftSection: <IconBroadcast size={18} /> })),
    },
    { group: t('shell.pages'), actions: pages },
    { group: t('shell.actions'), actions },
  ];
  return (
    <Spotlight
      actions={groups}
      shortcut={null}
      nothingFound={t('shell.nothing')}
      highlightQuery
      scrollable
      maxHeight={420}
      limit={20}
      searchProps={{ leftSection: <IconSearch size={18} />, placeholder: t('shell.search'), 'aria-label': t('shell.search') }}
    />
  );
}
