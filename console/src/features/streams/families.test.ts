import { expect, test } from 'vitest';

import type { Schema } from '~/api/client';
import { families } from './families';

const stream = (id: string, parent?: string, height = 0) => ({ id, parent, tracks: height ? [{ kind: 'video', height }] : [] }) as unknown as Schema['StreamView'];
const shape = (all: Schema['StreamView'][], word?: string) => families(all, word).map(({ stream: { id }, renditions }) => [id, ...renditions.map((one) => one.id)]);

const ALL = [stream('live/a'), stream('live/a@360p', 'live/a', 360), stream('live/a@720p', 'live/a', 720), stream('live/b'), stream('live/gone@360p', 'live/gone', 360)];

test('renditions stand with their stream, the largest first', () => {
  expect(shape(ALL)).toEqual([['live/a', 'live/a@720p', 'live/a@360p'], ['live/b'], ['live/gone@360p']]);
});

test('a word finds a stream with all its renditions, and a rendition with its stream', () => {
  expect(shape(ALL, 'LIVE/A')).toEqual([['live/a', 'live/a@720p', 'live/a@360p']]);
  expect(shape(ALL, '360')).toEqual([['live/a', 'live/a@360p'], ['live/gone@360p']]);
  expect(shape(ALL, 'none')).toEqual([]);
});
