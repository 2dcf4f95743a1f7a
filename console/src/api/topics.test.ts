import { expect, test } from 'vitest';

import { reduce, snapshot, type Topics } from './topics';

const stream = (id: string, state = 'live') => ({ id, state });

test('streams are replaced by a snapshot, and changed one by one', () => {
  let known = reduce('streams', undefined, { snapshot: true, items: [stream('live/b'), stream('live/a')] });
  expect([...known.keys()]).toEqual(['live/a', 'live/b']);
  known = reduce('streams', known, { changed: [stream('live/b', 'dropped'), stream('live/c')], gone: ['live/a'] });
  expect([...known.values()].map(({ id, state }) => `${id} ${state}`)).toEqual(['live/b dropped', 'live/c live']);
  known = reduce('streams', known, { snapshot: true, items: [] });
  expect(known.size).toBe(0);
});

test('what is known before stays as it is, for whoever still shows it', () => {
  const before = reduce('streams', undefined, { snapshot: true, items: [stream('live/a')] });
  reduce('streams', before, { gone: ['live/a'] });
  expect(before.size).toBe(1);
});

test('lines of the log are bounded, the newest stay', () => {
  const items = Array.from({ length: 700 }, (_, number) => ({ number }));
  let known = reduce('logs', undefined, { snapshot: true, items });
  known = reduce('logs', known, { items: items.map(({ number }) => ({ number: number + 700 })) });
  expect(known).toHaveLength(1000);
  expect(known.at(-1)).toEqual({ number: 1399 });
});

test('a delivery that is tried again takes the place of itself', () => {
  let known = reduce('webhooks', undefined, { snapshot: true, items: [{ number: 1, state: 'retrying' }] });
  known = reduce('webhooks', known, { items: [{ number: 1, state: 'delivered' }, { number: 2, state: 'failed' }] });
  expect([...known.values()].map(({ state }) => state)).toEqual(['delivered', 'failed']);
});

test('steps of certificates add up, and begin anew with a server that was started again', () => {
  const step = (number: number) => ({ number, at: '', mood: 'info', text: String(number) });
  let known = reduce('https', undefined, { ordering: true, source: 'self_signed', steps: [step(1), step(2)] });
  known = reduce('https', known, { ordering: false, source: 'acme', steps: [step(3)] });
  expect(known.steps.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(known.source).toBe('acme');
  known = reduce('https', known, { ordering: false, source: 'acme', steps: [step(1)] });
  expect(known.steps.map(({ number }) => number)).toEqual([1]);
});

test('a snapshot tells somebody new all that is known', () => {
  const known = reduce('streams', undefined, { snapshot: true, items: [stream('live/a')] });
  expect(reduce('streams', undefined, snapshot('streams', known))).toEqual(known);
  const system = { viewers: 3 } as Topics['system'];
  expect(reduce('system', undefined, snapshot('system', system))).toEqual(system);
});
