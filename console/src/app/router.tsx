import { lazy, type ComponentType } from 'react';
import { BrowserRouter, Navigate, Route, Routes, useLocation } from 'react-router';

import { mount } from '~/api/mount';
import { former } from './places';
import { Gate } from './Gate';
import { NotFound } from './NotFound';
import { Shell } from './Shell';

/** Addresses of Oryx's console lead to what has become of them. */
function Elsewhere() {
  const { pathname, search } = useLocation();
  const place = former(pathname, search);
  return place ? <Navigate to={place} replace /> : <NotFound />;
}

const page = (load: () => Promise<{ Component: ComponentType }>) => lazy(async () => ({ default: (await load()).Component }));

const Setup = page(() => import('~/features/setup'));
const Login = page(() => import('~/features/login'));
const Overview = page(() => import('~/features/overview'));
const Streams = page(() => import('~/features/streams'));
const Stream = page(() => import('~/features/stream'));
const Recordings = page(() => import('~/features/recordings'));
const Recording = page(() => import('~/features/recordings/Recording'));
const GoLive = page(() => import('~/features/golive'));
const Metrics = page(() => import('~/features/metrics'));
const Activity = page(() => import('~/features/activity'));
const Settings = page(() => import('~/features/settings'));
const Access = page(() => import('~/features/access'));
const Developer = page(() => import('~/features/developer'));
const Help = page(() => import('~/features/help'));

/** Every place. The library's router with loaders would double what it weighs, and data is asked for elsewhere. */
export function Places() {
  return (
    // A change of place goes before what the server tells each second, or a slow machine would never get to it.
    <BrowserRouter basename={mount.replace(/\/$/, '') || '/'} useTransitions={false}>
      <Routes>
        <Route element={<Gate />}>
          <Route path="/setup" element={<Setup />} />
          <Route path="/login" element={<Login />} />
          <Route element={<Shell />}>
            <Route path="/" element={<Overview />} />
            <Route path="/streams" element={<Streams />} />
            <Route path="/streams/*" element={<Stream />} />
            <Route path="/recordings" element={<Recordings />} />
            <Route path="/recordings/:id" element={<Recording />} />
            <Route path="/go-live" element={<GoLive />} />
            <Route path="/metrics" element={<Metrics />} />
            <Route path="/activity" element={<Activity />} />
            <Route path="/settings" element={<Settings />} />
            <Route path="/access" element={<Access />} />
            <Route path="/developer" element={<Developer />} />
            <Route path="/help" element={<Help />} />
            <Route path="*" element={<Elsewhere />} />
          </Route>
        </Route>
      </Routes>
    </BrowserRouter>
  );
}
