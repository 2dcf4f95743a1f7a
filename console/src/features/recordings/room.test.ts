import { expect, test } from 'vitest';

import { forecast, lasting, mood, parts } from './room';

const room = (more: object = {}) => ({ size: 1000, free: 400, reserve: 100, taken: 250, rate: 5000, lasts: 3600, ...more });
const HOUR = 3600;
const DAY = 24 * HOUR;

test('the disk is shared out without a rest', () => {
  expect(parts(room())).toEqual({ recordings: 250, others: 350, free: 300, reserve: 100 });
  // Less is left than is to stay free; and a disk on which recordings are not all that they take, as with holes.
  expect(parts(room({ free: 40, taken: 990 }))).toEqual({ recordings: 960, others: 0, free: 0, reserve: 40 });
});

test('what is to be expected is what hurts first', () => {
  expect(forecast(room({ free: 99 }), true)).toEqual({ kind: 'full' });
  expect(forecast(room({ free: 99 }), false)).toEqual({ kind: 'full' });
  // The pace that was told last is not that of now.
  expect(forecast(room(), false)).toEqual({ kind: 'idle' });
  expect(forecast(room({ rate: 0, lasts: undefined }), true)).toEqual({ kind: 'measuring' });
  expect(forecast(room({ lasts: null }), true)).toEqual({ kind: 'safe' });
  expect(forecast(room(), true)).toEqual({ kind: 'lasts', seconds: 3600 });
});

test('less than a day is a warning, less than two hours a grave one', () => {
  const of = (seconds: number) => mood({ kind: 'lasts', seconds });
  expect([of(2 * HOUR - 1), of(2 * HOUR), of(DAY - 1), of(DAY)]).toEqual(['bad', 'doubt', 'doubt', 'good']);
  expect([mood({ kind: 'full' }), mood({ kind: 'safe' }), mood({ kind: 'idle' }), mood({ kind: 'measuring' })]).toEqual(['bad', 'good', undefined, undefined]);
});

test('how long the room lasts is in whole units, and never more than it is', () => {
  expect([5, 119, 1.9 * HOUR, 2 * HOUR, 2.9 * HOUR, 47.9 * HOUR, 48 * HOUR, 3.99 * DAY].map(lasting)).toEqual(['1 minute', '1 minute', '114 minutes', '2 hours', '2 hours', '47 hours', '2 days', '3 days']);
  expect(lasting(400 * DAY)).toBeUndefined();
});
