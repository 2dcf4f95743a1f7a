import { createBrowserRouter, Navigate, useLocation, type RouteObject } from 'react-router';

import { mount } from '~/api/mount';
import { former } from './places';
import { Gate } from './Gate';
import { NotFound } from './NotFound';
import { Shell } from './Shell';
import { Trouble } from './Trouble';

/** Addresses of Oryx's console lead to what has become of them. */
function Elsewhere() {
  const { pathname, search } = useLocation();
  const place = former(pathname, search);
  return place ? <Navigate to={place} replace /> : <NotFound />;
}

const page = (path: string, load: () => Promise<{ Component: React.ComponentType }>): RouteObject => ({
  path,
  lazy: async () => ({ Component: (await load()).Component }),
  ErrorBoundary: Trouble,
});

export const router = createBrowserRouter(
  [
    {
      Component: Gate,
      ErrorBoundary: Trouble,
      HydrateFallback: () => null,
      children: [
        page('/setup', () => import('~/features/setup')),
        page('/login', () => import('~/features/login')),
        {
          Component: Shell,
          children: [
            page('/', () => import('~/features/overview')),
            page('/streams', () => import('~/features/streams')),
            page('/streams/*', () => import('~/features/stream')),
            page('/go-live', () => import('~/features/golive')),
            page('/metrics', () => import('~/features/metrics')),
            page('/activity', () => import('~/features/activity')),
            page('/settings', () => import('~/features/settings')),
            page('/access', () => import('~/features/access')),
            page('/developer', () => import('~/features/developer')),
            page('/help', () => import('~/features/help')),
            { path: '*', Component: Elsewhere },
          ],
        },
      ],
    },
  ],
  { basename: mount.replace(/\/$/, '') || '/' },
);
