// Streams with their renditions: the same in other sizes, made by the server. Pure.

import type { Schema } from '~/api/client';

type Stream = Schema['StreamView'];

export interface Family {
  stream: Stream;
  /** The largest first. */
  renditions: Stream[];
}

const height = (stream: Stream) => Math.max(0, ...stream.tracks.map((track) => track.height ?? 0));

/**
 * Each stream with its renditions; one whose parent is not among `streams` stands by itself. Of a stream whose name has `word` all
 * renditions are there, of others those whose name has it.
 */
export function families(streams: readonly Stream[], word = ''): Family[] {
  const names = (stream: Stream) => stream.id.toLowerCase().includes(word.trim().toLowerCase());
  const known = new Set(streams.map(({ id }) => id));
  const children = new Map<string, Stream[]>();
  for (const stream of streams) {
    if (stream.parent && known.has(stream.parent)) children.set(stream.parent, [...(children.get(stream.parent) ?? []), stream]);
  }
  return streams
    .filter(({ parent }) => !parent || !known.has(parent))
    .map((stream) => {
      const all = (children.get(stream.id) ?? []).sort((a, b) => height(b) - height(a) || a.id.localeCompare(b.id));
      return { stream, renditions: names(stream) ? all : all.filter(names) };
    })
    .filter(({ stream, renditions }) => names(stream) || renditions.length > 0);
}
