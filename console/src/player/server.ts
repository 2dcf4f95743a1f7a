// What the server says about a stream to anybody.

import type { Trouble } from './state';
import { ORDER, type Source, type Track } from './ways';

/** The root of the server that this script came from, also behind a proxy that puts it below a path. */
export function root(): URL {
  // Built, it lies in `<root>mgmt/assets/`.
  const here: string = import.meta.url;
  return import.meta.env.PROD ? new URL('../../', here) : new URL('/', here);
}

/** A stream that is live, and everything that it can be watched by. */
export interface Found {
  live: true;
  sources: Source[];
  tracks: Track[];
  width: number | null;
  height: number | null;
  viewers: number;
  since: Date | null;
  /** What was, to be played from where it begins; null where nothing is kept. */
  past: Past | null;
}

/** The past of a live stream. */
export interface Past {
  /** How far one can go back, in seconds. */
  seconds: number;
  source: Source;
}

export interface NotFound {
  live: false;
  trouble: Trouble;
}

/** Looks whether `stream` (`app/name`) is live. `token` is a pass, for streams that ask for one. Never errs. */
export async function look(stream: string, token: string | null, signal: AbortSignal): Promise<Found | NotFound> {
  const at = root();
  const url = withToken(new URL(`api/v2/public/streams/${encodeURIComponent(stream)}`, at), token);
  try {
    const response = await fetch(url, { signal, credentials: 'omit', cache: 'no-store' });
    if (response.status === 422) return { live: false, trouble: 'absent' };
    if (!response.ok) return { live: false, trouble: 'network' };
    return understand(await response.json(), at, token);
  } catch {
    return { live: false, trouble: 'network' };
  }
}

/** The address of a picture of `stream`, which has to be live. */
export function pictureOf(stream: string, token: string | null): string {
  return withToken(new URL(`api/v2/public/streams/${encodeURIComponent(stream)}/snapshot`, root()), token).href;
}

/** As the API has it. */
interface PublicStream {
  live: boolean;
  guarded: boolean;
  since?: string;
  width?: number | null;
  height?: number | null;
  viewers: number;
  timeshift?: number | null;
  tracks?: { kind: string; codec: string; parameters?: string }[];
  outputs?: { name: string; path: string }[];
}

/** What `view` means for a player; addresses below `at`. */
export function understand(view: PublicStream, at: URL, token: string | null): Found | NotFound {
  if (!view.live) return { live: false, trouble: 'absent' };
  const outputs = view.outputs ?? [];
  if (outputs.length === 0) return { live: false, trouble: view.guarded ? 'refused' : 'absent' };
  const sources = outputs.flatMap(({ name, path }) => {
    const way = ORDER.find((way) => way === name);
    // Paths are from the server's root, which need not be the host's.
    return way === undefined ? [] : [{ way, url: withToken(new URL(`.${path}`, at), token).href }];
  });
  return {
    live: true,
    sources,
    tracks: view.tracks ?? [],
    width: view.width ?? null,
    height: view.height ?? null,
    viewers: view.viewers,
    since: view.since === undefined ? null : new Date(view.since),
    past: pastOf(view, sources),
  };
}

/** It is at the address of HLS, asked for with another parameter. */
function pastOf({ timeshift }: PublicStream, sources: readonly Source[]): Past | null {
  const hls = sources.find(({ way }) => way === 'hls');
  if (timeshift === undefined || timeshift === null || hls === undefined) return null;
  const url = new URL(hls.url);
  url.searchParams.set('timeshift', String(timeshift));
  return { seconds: timeshift, source: { way: 'hls', url: url.href, growing: true } };
}

function withToken(url: URL, token: string | null): URL {
  if (token !== null) url.searchParams.set('token', token);
  return url;
}
