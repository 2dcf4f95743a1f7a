import { AppShell, Burger, Divider, Group, NavLink, Text, UnstyledButton, ActionIcon, Tooltip } from '@mantine/core';
import { useDisclosure, useHotkeys, useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { IconDots, IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Outlet, useLocation } from 'react-router';

import { api, need } from '~/api/client';
import { useLive } from '~/api/live';
import { Loading } from '~/components/States';
import { ErrorBoundary } from './ErrorBoundary';
import { Header } from './Header';
import { later } from './later';
import { Mark, PRODUCT } from './Mark';
import { PLACES, type Place } from './places';
import { useMay } from './session';

const Palette = lazy(async () => ({ default: (await import('./Palette')).Palette }));
const LoginAgain = later(async () => (await import('./LoginAgain')).LoginAgain);
const HelpDrawer = lazy(async () => ({ default: (await import('./HelpDrawer')).HelpDrawer }));

/** The frame of every page: the rail, the header, and on phones a bar at the bottom. */
export function Shell() {
  const { t } = useTranslation();
  const may = useMay();
  const { pathname } = useLocation();
  const phone = useMediaQuery('(max-width: 48em)', window.innerWidth < 768, { getInitialValueInEffect: false });
  const [open, { toggle, close }] = useDisclosure(false);
  const [narrow, setNarrow] = useLocalStorage({ key: 'sluice-rail-narrow', defaultValue: false, getInitialValueInEffect: false });
  const places = PLACES.map(({ group, places: all }) => ({ group, places: all.filter((place) => !place.needs || may(place.needs)) }));
  const slim = narrow && !phone;

  const [searches, setSearches] = useState(0);
  const search = () => setSearches((before) => before + 1);

  const [questions, setQuestions] = useState(0);
  const help = () => setQuestions((before) => before + 1);

  // Where the question mark needs Shift, and where it does not.
  useHotkeys([['mod+K', search], ['/', search], ['?', help], ['shift+?', help]]);
  useFocusOnPage(pathname);
  useWatchServer();

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: slim ? 68 : 220, breakpoint: 'sm', collapsed: { mobile: !open } }}
      footer={{ height: 58, collapsed: !phone }}
      padding={{ base: 'sm', sm: 'lg' }}
      transitionDuration={0}
    >
      <a href="#main" className="skip">
        {t('shell.skip')}
      </a>
      <AppShell.Header bg="var(--app-surface)">
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('shell.menu')} aria-expanded={open} />
          <UnstyledButton component={Link} to="/" aria-label={`${PRODUCT} · ${t('places.overview')}`}>
            <Mark />
          </UnstyledButton>
          <Header onSearch={search} onHelp={help} />
        </Group>
      </AppShell.Header>

      <AppShell.Navbar p="xs" bg="var(--app-surface)" aria-label={t('shell.navigation')}>
        {places.map(({ group, places: these }, index) => (
          <AppShell.Section key={group} grow={index === places.length - 1}>
            {index > 0 && <Divider my="xs" />}
            {!slim && (
              <Text size="xs" c="dimmed" fw={600} px="sm" pt={4} pb={2}>
                {t(`shell.group.${group}`)}
              </Text>
            )}
            {these.map((place) => (
              <RailLink key={place.name} place={place} active={active(place, pathname)} slim={slim} onClick={close} />
            ))}
          </AppShell.Section>
        ))}
        <AppShell.Section visibleFrom="sm">
          <Tooltip label={slim ? t('shell.wide') : t('shell.narrow')} position="right">
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => setNarrow(!narrow)} aria-label={slim ? t('shell.wide') : t('shell.narrow')}>
              {slim ? <IconLayoutSidebarLeftExpand size={20} /> : <IconLayoutSidebarLeftCollapse size={20} />}
            </ActionIcon>
          </Tooltip>
        </AppShell.Section>
      </AppShell.Navbar>

      <AppShell.Main id="main" tabIndex={-1}>
        <div style={{ maxWidth: 1320, marginInline: 'auto' }}>
          <Suspense fallback={<Loading lines={6} />}>
            <ErrorBoundary key={pathname}>
              <Outlet />
            </ErrorBoundary>
          </Suspense>
        </div>
      </AppShell.Main>

      <AppShell.Footer hiddenFrom="sm" bg="var(--app-surface)">
        <nav className="bottom-bar" aria-label={t('shell.quick')}>
          {places
            .flatMap(({ places: these }) => these)
            .filter(({ name }) => ['overview', 'streams', 'golive', 'metrics'].includes(name))
            .map((place) => (
              <Link key={place.name} to={place.path} className="bottom-link" data-active={active(place, pathname) || undefined} aria-current={active(place, pathname) ? 'page' : undefined} onClick={close}>
                <place.icon size={21} stroke={1.7} aria-hidden />
                {t(`places.${place.name}`)}
              </Link>
            ))}
          <UnstyledButton className="bottom-link" onClick={toggle} aria-expanded={open}>
            <IconDots size={21} stroke={1.7} aria-hidden />
            {t('shell.more')}
          </UnstyledButton>
        </nav>
      </AppShell.Footer>

      <Suspense>{searches > 0 && <Palette places={places.flatMap(({ places: these }) => these)} asked={searches} />}</Suspense>
      <Suspense>{questions > 0 && <HelpDrawer asked={questions} />}</Suspense>
      <LoginAgain />
    </AppShell>
  );
}

const active = (place: Place, path: string) => (place.path === '/' ? path === '/' : path === place.path || path.startsWith(`${place.path}/`));

function RailLink({ place, active: here, slim, onClick }: { place: Place; active: boolean; slim: boolean; onClick: () => void }) {
  const { t } = useTranslation();
  const name = t(`places.${place.name}`);
  const link = (
    <NavLink
      component={Link}
      to={place.path}
      label={slim ? undefined : name}
      aria-label={slim ? name : undefined}
      leftSection={<place.icon size={19} stroke={1.7} aria-hidden />}
      active={here}
      aria-current={here ? 'page' : undefined}
      className="rail-link"
      onClick={onClick}
    />
  );
  return slim ? (
    <Tooltip label={name} position="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}

/** Who moves by keys or hears the page begins a new page at its title. */
function useFocusOnPage(pathname: string) {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    const timer = setTimeout(() => document.getElementById('page-title')?.focus({ preventScroll: true }), 50);
    return () => clearTimeout(timer);
  }, [pathname]);
}

/** A connection that ends may mean that the login has; asking tells. When it is back, what could not be had is asked for again. */
function useWatchServer() {
  const { connected } = useLive('system', false);
  const cache = useQueryClient();
  useEffect(() => {
    if (connected) void cache.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
    if (connected !== false) return;
    const timer = setTimeout(() => void need(api.GET('/api/v2/session')).catch(() => undefined), 3_000);
    return () => clearTimeout(timer);
  }, [connected, cache]);
}
