import { csrfToken } from './client';
import { at } from './mount';

export interface Sent {
  status: number;
  /** The body; JSON with line breaks. */
  text: string;
  /** Milliseconds. */
  took: number;
}

/** Any request, as somebody has put it together, with the answer as it came. */
export async function send(method: string, path: string, body: string | undefined, type = 'application/json'): Promise<Sent> {
  const begun = performance.now();
  const headers: Record<string, string> = {};
  if (body !== undefined && method !== 'GET') headers['content-type'] = type;
  const csrf = csrfToken();
  if (csrf && method !== 'GET') headers['x-csrf-token'] = csrf;
  const answer = await fetch(at(path), { method, headers, body: method === 'GET' ? undefined : body, credentials: 'same-origin' });
  const kind = answer.headers.get('content-type') ?? '';
  const text = /json|text/.test(kind) ? await answer.text() : `${kind}, ${(await answer.arrayBuffer()).byteLength} bytes`;
  return { status: answer.status, text: /json/.test(kind) ? pretty(text) : text, took: Math.round(performance.now() - begun) };
}

function pretty(text: string) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
