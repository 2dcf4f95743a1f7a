import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';

import { api, need, onLost, setCsrf, type Schema } from '~/api/client';
import { ear } from '~/api/live';
import { Problem } from '~/api/problem';

export type Session = Schema['SessionView'];

/** Who somebody is to the server; `out`: nobody; `new`: the server has no account yet. */
export type State =
  | { kind: 'asking' }
  | { kind: 'failed'; problem: Problem }
  | { kind: 'new'; version: string }
  | { kind: 'out' }
  | { kind: 'in'; session: Session; lost: boolean };

interface Value {
  state: State;
  /** Asks the server anew. */
  again: () => void;
  enter: (session: Session) => void;
  leave: () => Promise<void>;
}

const Context = createContext<Value | undefined>(undefined);

async function find(): Promise<State> {
  try {
    const setup = await need(api.GET('/api/v2/setup'));
    if (setup.required) return { kind: 'new', version: setup.version };
    return { kind: 'in', session: await need(api.GET('/api/v2/session')), lost: false };
  } catch (thrown) {
    const problem = Problem.from(thrown);
    return problem.status === 401 ? { kind: 'out' } : { kind: 'failed', problem };
  }
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'asking' });
  const cache = useQueryClient();

  const enter = useCallback((session: Session) => {
    setCsrf(session.csrf ?? undefined);
    setState({ kind: 'in', session, lost: false });
    ear.start();
  }, []);

  const settle = useCallback(
    (found: State) => (found.kind === 'in' ? enter(found.session) : setState(found)),
    [enter],
  );

  const again = useCallback(() => void find().then(settle), [settle]);

  useEffect(() => {
    again();
    // The page stays as it is, with what has been typed into it, and asks for the password over it.
    onLost(() => setState((known) => (known.kind === 'in' ? { ...known, lost: true } : known)));
  }, [again]);

  const leave = useCallback(async () => {
    await need(api.DELETE('/api/v2/session'));
    setCsrf(undefined);
    ear.end();
    cache.clear();
    setState({ kind: 'out' });
  }, [cache]);

  const value = useMemo(() => ({ state, again, enter, leave }), [state, again, enter, leave]);
  return <Context value={value}>{children}</Context>;
}

export function useSession(): Value {
  const value = use(Context);
  if (!value) throw new Error('outside of SessionProvider');
  return value;
}

/** Tells whether who is logged in may do something: `may('keys:write')`. */
export function useMay(): (permission: string) => boolean {
  const { state } = useSession();
  const permissions = state.kind === 'in' ? state.session.permissions : undefined;
  return useCallback((permission: string) => permissions?.includes(permission) ?? false, [permissions]);
}

/** The account that is logged in, on pages that are only there then. */
export function useUser(): Schema['UserView'] {
  const { state } = useSession();
  if (state.kind !== 'in') throw new Error('nobody is logged in');
  return state.session.user;
}
