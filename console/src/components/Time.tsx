import { Tooltip } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore } from 'react';

import { dateTime, duration, relative } from '~/format';

/** One clock for all that counts on the page. */
const listeners = new Set<() => void>();
let now = Date.now();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, 1000);

export function useNow() {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
  );
}

/** When something was or will be, relative to now; the moment itself on hover. */
export function Ago({ at }: { at: string | number | Date }) {
  const moment = new Date(at);
  const current = useNow();
  return (
    <Tooltip label={dateTime(moment)}>
      <time dateTime={moment.toISOString()}>{relative(moment, current)}</time>
    </Tooltip>
  );
}

/** How long something has been going on. */
export function Since({ at }: { at: string }) {
  const current = useNow();
  return <span className="numbers">{duration((current - new Date(at).getTime()) / 1000)}</span>;
}

/** `true` once `wait` milliseconds have gone by. */
export function useAfter(wait: number) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), wait);
    return () => clearTimeout(timer);
  }, [wait]);
  return over;
}
