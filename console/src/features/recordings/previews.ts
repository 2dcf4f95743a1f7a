// Small pictures of a recording, and the strip on which somebody looks for a place by them. Pure.

import type { Schema } from '~/api/client';
import { placeOf, type Recording } from './describe';

export type Previews = Schema['PreviewsView'];

/** What somebody wants to keep of a recording, in seconds of the whole; where an end is not chosen it is that of the recording. */
export interface Span {
  from?: number;
  to?: number;
}

const VIDEO = /^(h26[45]|hevc|av1|vp[89])$/i;

export const hasVideo = ({ files }: Pick<Recording, 'files'>) => files.length === 0 || files.some(({ codecs }) => codecs.some((codec) => VIDEO.test(codec)));

/** In which file the picture of a moment would be, and where in it; nothing where the server has none: of sound, and of what is still being made. */
export function previewPlace({ files }: Pick<Recording, 'files'>, moment: number) {
  const place = placeOf({ files }, moment);
  const file = place && files.find(({ number }) => number === place.number);
  return file?.finished && file.fault !== 'unreadable' && hasVideo({ files: [file] }) ? place : undefined;
}

/** Which picture shows what is on screen at `at`: the last that is not later, or the first. */
export const tileAt = (times: readonly number[], at: number) => Math.max(0, times.findLastIndex((time) => time <= at));

/** Where picture `index` stands on the sheet, counted in pictures. */
export const placeOnSheet = ({ columns }: Pick<Previews, 'columns'>, index: number) => ({ column: index % columns, row: Math.floor(index / columns) });

/** The moment at `x` of something as long as all `seconds`, which begins at `left` and is `width` wide. */
export const momentAt = (x: number, { left, width }: { left: number; width: number }, seconds: number) => (width > 0 ? Math.min(1, Math.max(0, (x - left) / width)) * seconds : 0);

/** Where a key of a slider leads from `at`; `undefined` for other keys. */
export function moved(key: string, at: number, seconds: number, step = STEP): number | undefined {
  const leap = Math.max(2 * step, seconds / 10);
  const ways: Record<string, number> = { ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step, PageUp: leap, PageDown: -leap, Home: -Infinity, End: Infinity };
  const by = ways[key];
  return by === undefined ? undefined : Math.min(seconds, Math.max(0, at + by));
}

/** The gap that somebody means who points at `at`; `within` seconds are as good as at it. */
export const gapAt = <G extends { at: number }>(gaps: readonly G[], at: number, within: number): G | undefined =>
  gaps.filter((gap) => Math.abs(gap.at - at) <= within).sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];

/** Where the second and later files begin, in seconds of the whole. */
export function seams({ files }: Pick<Recording, 'files'>) {
  let at = 0;
  return files.slice(0, -1).map(({ seconds }) => (at += seconds));
}

/** `span` with one end put to `at`; the other one stays behind or before it. */
export function withEnd(span: Span, end: keyof Span, at: number): Span {
  const { from, to } = span;
  if (end === 'from') return { from: to === undefined ? at : Math.min(at, to), to };
  return { from, to: from === undefined ? at : Math.max(at, from) };
}

/** Seconds that an arrow key goes. */
const STEP = 5;
