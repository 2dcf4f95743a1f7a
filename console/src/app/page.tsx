// Pages are loaded when somebody goes to them; until one is there, the one before stays.

import { lazy, useSyncExternalStore, type ComponentType } from 'react';

let loading = 0;
const listeners = new Set<() => void>();

function count(by: number) {
  loading += by;
  for (const listener of listeners) listener();
}

/** The component of a page, which `load` brings. */
export const page = (load: () => Promise<{ Component: ComponentType }>) =>
  lazy(async () => {
    count(1);
    try {
      return { default: (await load()).Component };
    } finally {
      count(-1);
    }
  });

/** Whether a page is being loaded. */
export const useLoading = () => useSyncExternalStore(subscribe, () => loading > 0);

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
