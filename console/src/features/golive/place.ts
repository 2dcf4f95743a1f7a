import { useMemo } from 'react';

import { server } from '~/api/mount';
import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import type { Place } from './addresses';

/** This server as the browser reaches it; `undefined` before it is known what it listens on. */
export function usePlace(): Place | undefined {
  const may = useMay();
  const listeners = useLive('system', may('system:read')).known?.listeners;
  const text = listeners && JSON.stringify(listeners);
  return useMemo(() => (text ? { host: location.hostname, origin: server, listeners: JSON.parse(text) as Place['listeners'] } : undefined), [text]);
}
