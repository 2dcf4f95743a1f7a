// The API, typed by its document.

import createClient, { type Middleware } from 'openapi-fetch';

import { server } from './mount';
import { Problem } from './problem';
import type { components, paths } from './schema';

export type Schema = components['schemas'];

/** What the login wants repeated in requests that change something. */
let csrf: string | undefined;
/** Told when the server knows the login no more. */
let lost: () => void = () => undefined;

export function setCsrf(token: string | undefined) {
  csrf = token;
}

export const csrfToken = () => csrf;

export function onLost(listener: () => void) {
  lost = listener;
}

const session: Middleware = {
  onRequest({ request }) {
    if (csrf && request.method !== 'GET') request.headers.set('x-csrf-token', csrf);
    return request;
  },
  onResponse({ request, response }) {
    // Who logs in with a wrong password has lost nothing.
    const logsIn = request.method === 'POST' && request.url.endsWith('/api/v2/session');
    if (response.status === 401 && csrf && !logsIn) lost();
    return response;
  },
};

export const api = createClient<paths>({ baseUrl: server.replace(/\/$/, ''), credentials: 'same-origin' });
api.use(session);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What `asking` brings; throws a `Problem` where it brings an error. */
export async function need<T>(asking: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asking;
  } catch (thrown) {
    throw Problem.from(thrown);
  }
  if (!answer.response.ok) throw Problem.of(answer.error, answer.response.status);
  return answer.data as T;
}

/** The parts of a list, one after the other, up to `most` entries. */
export async function whole<T>(part: (after?: string) => Promise<{ items: T[]; next?: string | null }>, most = 5000): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await part(after);
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after && items.length < most);
  return items;
}
