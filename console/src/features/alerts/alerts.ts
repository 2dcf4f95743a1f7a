// What an operator should look after, from all that tells of it. Pure.

import type { Schema } from '~/api/client';
import { troubles, type Trouble } from '~/features/streams/describe';

/** What the server warns of: `code` of its warnings. */
const WARNINGS = ['disk_nearly_full', 'memory_nearly_full', 'few_open_files', 'open_files_nearly_used', 'clock_set', 'clock_wrong'] as const;

export type Kind = (typeof WARNINGS)[number] | 'other' | 'certificate_ends' | 'certificate_failed' | 'stream_dropped' | 'stream';

export interface Alert {
  /** Of its own. */
  id: string;
  kind: Kind;
  /** Something is lost already, or will be within days. */
  grave: boolean;
  /** In the server's words, with its figures. */
  detail?: string;
  /** When it happens, RFC 3339. */
  at?: string;
  stream?: string;
  trouble?: Trouble;
  /** The page where it is mended or looked into. */
  to?: string;
}

const PLACES: Partial<Record<Kind, string>> = {
  disk_nearly_full: '/metrics',
  memory_nearly_full: '/metrics',
  open_files_nearly_used: '/metrics',
};

/** Of the machine and its certificate. */
export function ofServer(warnings: readonly Schema['WarningView'][], certificates: Schema['CertificatesView'] | undefined, now: number): Alert[] {
  const found: Alert[] = warnings.map(({ code, text }, index) => {
    const kind = WARNINGS.find((known) => known === code) ?? 'other';
    return { id: `${code} ${index}`, kind, grave: kind === 'disk_nearly_full' || kind === 'clock_wrong', detail: text, to: PLACES[kind] };
  });
  const ends = certificates?.certificate?.not_after;
  if (ends && new Date(ends).getTime() - now < SOON) {
    found.push({ id: 'certificate', kind: 'certificate_ends', grave: true, at: ends, to: '/settings?tab=https' });
  }
  if (certificates?.failure) {
    found.push({ id: 'order', kind: 'certificate_failed', grave: false, detail: certificates.failure.text, to: '/settings?tab=https' });
  }
  return found;
}

/** Of streams: those whose publisher is lost first. */
export function ofStreams(streams: Iterable<Schema['StreamView']>): Alert[] {
  const lost: Alert[] = [];
  const doubtful: Alert[] = [];
  for (const stream of streams) {
    // A rendition has the troubles of its parent.
    if (stream.parent) continue;
    const to = `/streams/${stream.id}`;
    if (stream.state === 'dropped') lost.push({ id: `lost ${stream.id}`, kind: 'stream_dropped', grave: true, stream: stream.id, to });
    for (const trouble of troubles(stream)) doubtful.push({ id: `${trouble} ${stream.id}`, kind: 'stream', grave: false, stream: stream.id, trouble, to });
  }
  return [...lost, ...doubtful];
}

/** Certificates that end sooner are not renewed by anybody any more. */
const SOON = 7 * 86400_000;
