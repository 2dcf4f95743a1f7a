import { expect, test } from 'vitest';

import { reduce, snapshot } from '~/api/topics';
import { condition, content, mark, matches, merged, momentOf, placeOf, sourceFor, span, type Recording } from './describe';
import { keepFrom, keepTyped } from './keep';
import { changesOf, EMPTY, GIB, has, newJob, placeOfField, policyFor, typedOf, type Job } from './policy';

const file = (number: number, seconds: number, more: object = {}) => ({ number, seconds, bytes: 1, codecs: ['h264'], tracks: [{ kind: 'video', codec: 'h264', width: 1280, height: 720 }, { kind: 'audio', codec: 'aac' }], formats: ['mp4'], finished: true, started: '', ...more });
const recording = (id: string, more: object = {}) =>
  ({ id, label: id, app: 'live', stream: 'cam', job: '1', state: 'finished', started: `2026-01-0${id}T00:00:00Z`, seconds: 10, bytes: 1, picture: false, hls: true, files: [file(1, 10)], gaps: [], ...more }) as unknown as Recording;
const job = (more: object = {}) =>
  ({ id: '1', kind: 'record', label: 'all', streams: { only: ['live/*'], except: [] }, settings: {}, wanted: true, created: '2026-01-01T00:00:00Z', runs: [], ...more }) as unknown as Job;
const space = { size: 100 * GIB, free: 40 * GIB, reserve: GIB, taken: 20 * GIB, rate: 0 };

test('what is wrong with a recording goes before how far it has come', () => {
  expect(condition(recording('1', { state: 'finishing', trouble: 'no room' }))).toBe('troubled');
  expect(condition(recording('1', { state: 'recording' }))).toBe('recording');
  expect(condition(recording('1', { files: [file(1, 1), file(2, 1, { fault: 'unreadable' })] }))).toBe('damaged');
  expect(condition(recording('1', { files: [file(1, 1, { fault: 'unreadable' })] }))).toBe('unreadable');
});

test('what the server tells goes before what was asked for, and stands where it belongs', () => {
  const asked = [recording('3', { state: 'recording', seconds: 1 }), recording('2')];
  const live = [recording('4', { state: 'recording' }), recording('3', { state: 'recording', seconds: 5 }), recording('1', { state: 'finishing' })];
  const all = merged(asked, live, '');
  expect(all.map(({ id, seconds }) => `${id} ${seconds}`)).toEqual(['4 10', '3 5', '2 10']);
  expect(merged([], live, 'live/other')).toEqual([]);
  expect(merged([], live, '').map(({ id }) => id)).toEqual(['4', '3', '1']);
});

test('what is in a recording is said in a few words', () => {
  expect(content(recording('1'))).toBe('1280×720 H.264, AAC');
  expect(content({ files: [] })).toBe('');
});

test('a recording is found by its name and by its stream', () => {
  const one = recording('1', { label: 'Evening Show' });
  expect([' evening', 'LIVE/cam', 'morning'].map((word) => matches(one, word))).toEqual([true, true, false]);
});

test('the list is asked for anew when something begins, is called otherwise, or is done, and not because it grows', () => {
  const at = (items: Recording[], finished: number) => mark({ items, finished, uploads: [], waiting: 0, uploaded: 0, space });
  const one = recording('1');
  expect(at([one], 2)).toBe(at([{ ...one, seconds: 99 }], 2));
  expect(new Set([at([one], 2), at([one], 3), at([], 2), at([{ ...one, label: 'b' }], 2)]).size).toBe(4);
});

test('a moment is in the file that has it', () => {
  const split = { files: [file(1, 60), file(2, 30)] } as Recording;
  expect([0, 59, 60, 75, 500].map((at) => placeOf(split, at))).toEqual([
    { number: 1, at: 0 },
    { number: 1, at: 59 },
    { number: 2, at: 0 },
    { number: 2, at: 15 },
    { number: 2, at: 30 },
  ]);
  expect(placeOf({ files: [] }, 3)).toBeUndefined();
});

test('one finished file is played as it is, everything else by HLS', () => {
  expect(sourceFor(recording('1'))).toBe(1);
  expect(sourceFor(recording('1', { state: 'recording' }))).toBe('whole');
  expect(sourceFor(recording('1', { files: [file(1, 1), file(2, 1)] }))).toBe('whole');
  expect(sourceFor(recording('1', { hls: false, files: [file(1, 1), file(2, 1)] }))).toBe(1);
});

test('a new rule sends what was typed in the units of the API, and nothing for what is empty', () => {
  expect(newJob({ ...EMPTY, label: ' shows ' })).toEqual({ kind: 'record', label: 'shows', streams: { only: ['*/*'], except: [] }, settings: { gap: 60 } });
  expect(newJob({ ...EMPTY, label: 'a', gap: '', minutes: 0.5, size: 2 }).settings).toEqual({ split_seconds: 30, split_bytes: 2 * GIB });
});

test('a changed rule sends only what is different, so that what is being recorded goes on', () => {
  const known = job({ settings: { split_seconds: 3600 } });
  const typed = typedOf(known);
  expect(typed).toMatchObject({ gap: 60, minutes: 60, size: '' });
  expect(changesOf(known, typed)).toEqual({});
  expect(changesOf(known, { ...typed, label: 'other' })).toEqual({ label: 'other' });
  expect(changesOf(known, { ...typed, except: ['live/x'] })).toEqual({ streams: { only: ['live/*'], except: ['live/x'] } });
  expect(changesOf(known, { ...typed, minutes: '' })).toEqual({ settings: { gap: 60 } });
});

test('what the API says of a field stands at that field', () => {
  expect(['streams', 'streams.only[0]', 'streams.except[2]', 'settings.gap', 'settings.split_bytes', 'label'].map(placeOfField)).toEqual(['only', 'only', 'except', 'gap', 'size', 'label']);
});

test('patterns have the streams that the server says they have', () => {
  const cases: [string, string, boolean][] = [
    ['live/*', 'live/cam', true],
    ['/live/*', 'live/cam', true],
    ['live/*', 'live/a/b', false],
    ['*/*', 'other/cam', true],
    ['live/cam-?', 'live/cam-1', true],
    ['live/cam-?', 'live/cam-12', false],
    ['live/[a-c]*', 'live/bob', true],
    ['live/[^a-c]*', 'live/bob', false],
    ['live/[^a]x', 'live//x', false],
    ['live/a\\*b', 'live/a*b', true],
    ['live/a\\*b', 'live/axb', false],
    ['live/a.b', 'live/axb', false],
    ['live/[', 'live/[', false],
  ];
  for (const [pattern, id, expected] of cases) expect(has(pattern, id), `${pattern} ${id}`).toBe(expected);
});

test('the eldest rule that names a stream records it', () => {
  const old = job({ id: 'old', created: '2025-01-01T00:00:00Z', streams: { only: ['live/*'], except: ['live/cam'] } });
  const young = job({ id: 'young' });
  expect(policyFor([young, old], 'live/cam')?.id).toBe('young');
  expect(policyFor([young, old], 'live/b')?.id).toBe('old');
  expect(policyFor([job({ wanted: false }), job({ kind: 'other' })], 'live/b')).toBeUndefined();
});

test('retention is typed in GiB, and what was not touched is sent to the byte', () => {
  const known = { days: 30, bytes: 123_456_789_012, reserve: GIB, copy_to: null };
  const typed = keepTyped(known);
  expect(typed).toEqual({ days: 30, bytes: 115, reserve: 1, copy_to: '' });
  expect(keepFrom(typed, known)).toEqual({ days: 30, bytes: 123_456_789_012, reserve: GIB });
  expect(keepFrom({ days: '', bytes: 1.5, reserve: '', copy_to: ' /mnt/a ' }, known)).toEqual({ bytes: 1.5 * GIB, copy_to: '/mnt/a' });
});

test('what is told of recordings and jobs takes the place of what was told before, also in other tabs', () => {
  const next = { items: [], finished: 4, uploads: [recording('2')], waiting: 1, uploaded: 7, space: { ...space, free: 1 } };
  const known = reduce('recordings', { items: [recording('1')], finished: 3, uploads: [], waiting: 0, uploaded: 0, space }, next);
  expect(known).toEqual(next);
  expect(reduce('recordings', undefined, snapshot('recordings', known))).toEqual(known);
  const jobs = reduce('jobs', undefined, { items: [job()] });
  expect(reduce('jobs', undefined, snapshot('jobs', jobs))).toEqual([job()]);
});

test('a span of time is in words', () => {
  expect([8.3, 20, 60, 300, 3600, 5400].map(span)).toEqual(['8.3 seconds', '20 seconds', '1 minute', '5 minutes', '1 hour', '1.5 hours']);
});

test('a moment of a file is one of the whole', () => {
  const whole = recording('1', { files: [file(1, 20), file(2, 20), file(3, 5)] });
  expect([momentOf(whole, 'whole', 7), momentOf(whole, 1, 7), momentOf(whole, 3, 2)]).toEqual([7, 7, 42]);
});
