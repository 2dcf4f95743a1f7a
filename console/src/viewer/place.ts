// Which stream a viewer page is about, and how it is to be shown: from its address.

import { ORDER, type Way } from '../player/ways';

export interface Place {
  /** `app/name`; `null` where the address names none. */
  stream: string | null;
  /** A pass. */
  token: string | null;
  way: Way | null;
  autoplay: boolean;
  muted: boolean;
  controls: boolean;
}

/** `address` is of a page below `root`: `<root>watch/live/cam?token=…`. A single name is one of the app `live`. */
export function placeOf(address: URL, root: URL): Place {
  const query = address.searchParams;
  const [, ...segments] = address.pathname.slice(root.pathname.length).split('/');
  const names = segments.map(decoded).filter((name) => name !== '');
  const flag = (name: string, otherwise: boolean) => {
    const value = query.get(name);
    return value === null ? otherwise : !['0', 'false', 'no'].includes(value);
  };
  const stream = names.length === 0 ? query.get('stream') : names.join('/');
  return {
    stream: stream === null || stream === '' ? null : stream.includes('/') ? stream : `live/${stream}`,
    // What follows `#` is told to no server and no log.
    token: query.get('token') ?? new URLSearchParams(address.hash.slice(1)).get('token'),
    way: ORDER.find((way) => way === query.get('way')) ?? null,
    autoplay: flag('autoplay', true),
    muted: flag('muted', false),
    controls: flag('controls', true),
  };
}

/** A name out of a path; as it is where it holds what only looks like an escape. */
export function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
