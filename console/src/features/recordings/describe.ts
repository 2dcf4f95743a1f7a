// Recordings in a few words, and what is known of them from two sides as one. Pure.

import type { Schema } from '~/api/client';
import { codec } from '~/features/streams/describe';
import { inWords } from '~/format';

export type Recording = Schema['RecordingView'];

/** `app/name` of the stream that it is of. */
export const streamOf = ({ app, stream }: Pick<Recording, 'app' | 'stream'>) => `${app}/${stream}`;

export type Condition = 'recording' | 'finishing' | 'troubled' | 'unreadable' | 'damaged' | 'finished';

/** How a recording is: what is wrong with it goes before how far it has come. */
export function condition({ state, trouble, files }: Recording): Condition {
  if (trouble) return 'troubled';
  if (state !== 'finished') return state;
  if (files.length > 0 && files.every(({ fault }) => fault === 'unreadable')) return 'unreadable';
  return files.some(({ fault }) => fault) ? 'damaged' : 'finished';
}

/** A recording as it is now: what the server tells by itself goes before what was asked for. */
export const current = (asked: Recording, live: readonly Recording[] | undefined) => live?.find(({ id }) => id === asked.id) ?? asked;

/** The parts of the list that were asked for, with those that are being made as they are now, and those that are newer. */
export function merged(asked: readonly Recording[], live: readonly Recording[] | undefined, stream: string): Recording[] {
  const known = new Set(asked.map(({ id }) => id));
  const fresh = (live ?? []).filter((one) => !known.has(one.id) && (!stream || streamOf(one) === stream));
  // An older one that is still put in one piece has its place on a later page.
  const last = asked.at(-1)?.started;
  const newer = fresh.filter(({ started }) => last === undefined || started >= last);
  const all = [...newer, ...asked.map((one) => current(one, live))];
  return all.sort((a, b) => (a.started < b.started ? 1 : a.started > b.started ? -1 : 0));
}

/** Whether it has `word` in its name, or that of its stream. */
export function matches(recording: Recording, word: string) {
  const wanted = word.trim().toLowerCase();
  return [recording.label, streamOf(recording)].some((text) => text.toLowerCase().includes(wanted));
}

/** What changes when the list has to be asked for anew: what is made, and how many are done. */
export const mark = (known: Told | undefined) => known && [known.finished, known.waiting, known.uploaded, ...[...known.items, ...known.uploads].map(({ id, label }) => `${id} ${label}`)].join('\n');

/** What the server tells by itself of recordings. */
export interface Told {
  items: readonly Recording[];
  finished: number;
  uploads: readonly Recording[];
  waiting: number;
  uploaded: number;
  space: Schema['SpaceView'];
}

/** Those that the server tells of by itself. */
export const told = (known: Told | undefined) => known && [...known.items, ...known.uploads];

/** In which file a moment is, and where in it; `at` and the answer are in seconds. */
export function placeOf({ files }: Pick<Recording, 'files'>, at: number): { number: number; at: number } | undefined {
  let rest = at;
  for (const [index, file] of files.entries()) {
    if (rest < file.seconds || index === files.length - 1) return { number: file.number, at: Math.max(0, Math.min(rest, file.seconds)) };
    rest -= file.seconds;
  }
  return undefined;
}

/** The other way round: the moment of the whole that is `at` in what is played. */
export function momentOf({ files }: Pick<Recording, 'files'>, source: Source, at: number) {
  const before = source === 'whole' ? [] : files.filter(({ number }) => number < source);
  return before.reduce((sum, { seconds }) => sum + seconds, at);
}

/** What is played: all of it by HLS, or one file. */
export type Source = 'whole' | number;

/** What to begin with: the file, where there is one and it is done, or nothing else can be had. */
export const sourceFor = ({ state, files, hls }: Recording): Source => (!hls || (state === 'finished' && files.length === 1) ? (files[0]?.number ?? 'whole') : 'whole');

export const fileAddress = (id: string, number: number) => `api/v2/recordings/${id}/files/${number}`;

/** The small pictures of a file, all in one. */
export const sheetAddress = (id: string, number: number) => `${fileAddress(id, number)}/previews.jpg`;

export type Track = Recording['files'][number]['tracks'][number];

/** Size and codecs in a few words, of its first file: `1280×720 H.264, AAC`. */
export function content({ files }: Pick<Recording, 'files'>) {
  const tracks = files[0]?.tracks ?? [];
  const size = tracks.find(({ width, height }) => width && height);
  const codecs = [...new Set(tracks.map((track) => codec(track.codec)))].join(', ');
  return [size && `${size.width}×${size.height}`, codecs].filter(Boolean).join(' ');
}

/** What a file can be kept as. */
export type Format = Recording['files'][number]['formats'][number];

export const downloadAddress = (id: string, number: number, format: Format = 'mp4') => `${fileAddress(id, number)}${format === 'mp4' ? '' : `.${format}`}?download=true`;

/** How long something may take or took, of seconds, in words: `20 seconds`, `1 hour`, `1.5 hours`. */
export function span(seconds: number) {
  if (seconds < 60) return inWords(seconds, 'second');
  return seconds < 3600 ? inWords(seconds / 60, 'minute') : inWords(seconds / 3600, 'hour');
}
