import { expect, test } from 'vitest';

import type { Schema } from '~/api/client';
import { jitter, loss, measured, rtt } from './network';

const session = (more: object) => more as Schema['PlayerView'];

test('what is not measured is a dash, and nothing is 0', () => {
  expect(measured(session({}))).toBe(false);
  expect([rtt, loss, jitter].map((show) => show(session({})))).toEqual(['–', '–', '–']);
  expect(measured(session({ loss: 0 }))).toBe(true);
  expect(loss(session({ loss: 0 }))).toBe('0%');
});

test('small values have a digit more', () => {
  expect([0.25, 20.5, 340.2].map((value) => rtt(session({ rtt_ms: value })))).toEqual(['0.3 ms', '21 ms', '340 ms']);
  expect([0.004, 0.25].map((value) => loss(session({ loss: value })))).toEqual(['0.4%', '25%']);
  expect(jitter(session({ jitter_ms: 3.04 }))).toBe('3 ms');
});
