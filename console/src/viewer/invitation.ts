// What a guest is invited to.

import { root } from '../player/server';

export interface Invitation {
  label: string;
  action: 'publish' | 'play';
  app: string;
  stream: string;
  expires: Date;
}

/** `gone`: it does not hold, or not any more. `unknown`: the server could not be asked. */
export async function invited(token: string): Promise<Invitation | 'gone' | 'unknown'> {
  try {
    const response = await fetch(new URL('api/v2/invited', root()), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      credentials: 'omit',
    });
    if (response.status === 404 || response.status === 422) return 'gone';
    if (!response.ok) return 'unknown';
    const view = (await response.json()) as Omit<Invitation, 'expires'> & { expires: string };
    return { ...view, expires: new Date(view.expires) };
  } catch {
    return 'unknown';
  }
}
