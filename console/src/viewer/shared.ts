// A recording that somebody shares: which one, by the page's address, and what there is to know of it.

import { root } from '../player/server';
import { decoded } from './place';

export interface Link {
  id: string;
  /** A pass. */
  pass: string;
}

/** How a file can be had: MP4 as it was recorded, others made of it while they are sent. */
export type Format = 'mp4' | 'ts' | 'flv';

export interface SharedFile {
  number: number;
  seconds: number;
  bytes: number;
  formats: readonly Format[];
  /** It is in one piece, and stays as it is. */
  finished: boolean;
}

export interface Shared {
  /** `null` where the name is a secret. */
  label: string | null;
  state: 'recording' | 'finishing' | 'finished';
  started: Date;
  seconds: number;
  picture: boolean;
  files: SharedFile[];
  /** All of it can be had as HLS; else there are its files alone. */
  hls: boolean;
  expires: Date | null;
}

/** Why there is nothing to see. */
export type Lost = 'wrong' | 'expired' | 'elsewhere' | 'gone' | 'unreachable';

/** `address` is of a page below `root`: `<root>watch/recordings/<id>?pass=…`. */
export function linkOf(address: URL, root: URL): Link {
  const [, , id = ''] = address.pathname.slice(root.pathname.length).split('/');
  // What follows `#` is told to no server and no log.
  const pass = address.searchParams.get('pass') ?? new URLSearchParams(address.hash.slice(1)).get('pass');
  return { id: decoded(id), pass: pass ?? '' };
}

/** Where something of the recording is, or the recording itself. */
export function addressOf({ id, pass }: Link, path: string, query: Record<string, string> = {}): string {
  const url = new URL(`api/v2/${path.replace('{id}', encodeURIComponent(id))}`, root());
  for (const [name, value] of Object.entries({ ...query, pass })) url.searchParams.set(name, value);
  return url.href;
}

/** Asks for the recording. Never errs. */
export async function lookFor(link: Link): Promise<Shared | Lost> {
  try {
    const response = await fetch(addressOf(link, 'public/recordings/{id}'), { credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(10_000) });
    const answer: unknown = await response.json();
    return response.ok ? understand(answer as PublicRecording) : lost(response.status, (answer as { code?: string }).code);
  } catch {
    return 'unreachable';
  }
}

/** As the API has it. */
interface PublicRecording {
  label?: string | null;
  state: Shared['state'];
  started: string;
  seconds: number;
  picture: boolean;
  files: { number: number; seconds: number; bytes: number; fault?: string | null; formats?: Format[]; finished?: boolean }[];
  hls?: boolean;
  expires?: string | null;
}

export function understand(view: PublicRecording): Shared {
  const there = view.files.filter(({ fault }) => fault !== 'unreadable');
  return {
    label: view.label ?? null,
    state: view.state,
    started: new Date(view.started),
    seconds: view.seconds,
    picture: view.picture,
    files: there.map(({ number, seconds, bytes, formats, finished }) => ({ number, seconds, bytes, formats: formats ?? ['mp4'], finished: finished === true })),
    hls: view.hls !== false,
    expires: view.expires === null || view.expires === undefined ? null : new Date(view.expires),
  };
}

export function lost(status: number, code: string | undefined): Lost {
  if (code === 'pass_expired') return 'expired';
  if (code === 'pass_elsewhere') return 'elsewhere';
  if (status === 401 || status === 403) return 'wrong';
  return status === 404 ? 'gone' : 'unreachable';
}
