import { Center, Loader } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Navigate, Outlet, useLocation } from 'react-router';

import { Failed } from '~/components/States';
import { useAfter } from '~/components/Time';
import { useSession } from './session';

/** Leads everybody to where they may be: who is nobody yet to the login, the first of all to the set-up. */
export function Gate() {
  const { state, again } = useSession();
  const { pathname, search } = useLocation();
  switch (state.kind) {
    case 'asking':
      return <Asking />;
    case 'failed':
      return <Failed problem={state.problem} retry={again} />;
    case 'new':
      return pathname === '/setup' ? <Outlet /> : <Navigate to={`/setup${search}`} replace />;
    case 'out':
      if (pathname === '/login') return <Outlet />;
      return <Navigate to={pathname === '/setup' ? '/login' : `/login?to=${encodeURIComponent(pathname + search)}`} replace />;
    case 'in':
      if (pathname !== '/login') return <Outlet />;
      return <Navigate to={inside(new URLSearchParams(search).get('to'))} replace />;
  }
}

/** Where to after the login: a place of the console, and nothing else. */
function inside(to: string | null) {
  return to && /^\/(?![/\\])/.test(to) && !to.startsWith('/login') && !to.startsWith('/setup') ? to : '/';
}

function Asking() {
  const { t } = useTranslation();
  // Mostly it is a matter of milliseconds.
  const late = useAfter(250);
  return late ? (
    <Center h="100dvh">
      <Loader aria-label={t('common.loading')} />
    </Center>
  ) : null;
}
