// What the disk has for recordings, and for how long that is enough. Pure.

import type { Schema } from '~/api/client';
import { inWords } from '~/format';

export type Room = Schema['SpaceView'];

/** How the disk is shared out, in bytes. */
export function parts({ size, free, reserve, taken }: Room) {
  const used = Math.max(0, size - free);
  const recordings = Math.min(taken, used);
  const kept = Math.min(reserve, free);
  return { recordings, others: used - recordings, free: free - kept, reserve: kept };
}

/**
 * What is to be expected: `full`: recordings have ended for want of room; `idle`: nothing is recorded; `measuring`: it is, and at which
 * pace is not known yet; `safe`: the eldest go in time; `lasts`: there is room for so many seconds.
 */
export type Forecast = { kind: 'full' | 'idle' | 'measuring' | 'safe' } | { kind: 'lasts'; seconds: number };

/** `records`: something is being recorded now. What the server tells of the pace is as of when it last changed. */
export function forecast({ free, reserve, rate, lasts }: Room, records: boolean): Forecast {
  if (free < reserve) return { kind: 'full' };
  if (!records) return { kind: 'idle' };
  if (typeof lasts === 'number') return { kind: 'lasts', seconds: lasts };
  return { kind: rate < LEAST ? 'measuring' : 'safe' };
}

/** How much that should worry somebody. */
export function mood(coming: Forecast): 'good' | 'doubt' | 'bad' | undefined {
  if (coming.kind === 'full') return 'bad';
  if (coming.kind !== 'lasts') return coming.kind === 'safe' ? 'good' : undefined;
  if (coming.seconds < 2 * HOUR) return 'bad';
  return coming.seconds < 24 * HOUR ? 'doubt' : 'good';
}

/** How long the room lasts, as exactly as can be known; `undefined` for more than a year. Never more than it is. */
export function lasting(seconds: number): string | undefined {
  if (seconds < 2 * HOUR) return inWords(Math.max(1, Math.floor(seconds / 60)), 'minute');
  if (seconds < 48 * HOUR) return inWords(Math.floor(seconds / HOUR), 'hour');
  return seconds < 365 * 24 * HOUR ? inWords(Math.floor(seconds / (24 * HOUR)), 'day') : undefined;
}

const HOUR = 3600;
/** Bytes in a second below which the server sees no pace. */
const LEAST = 100;
