import { expect, test } from 'vitest';

import { linkOf, lost, understand } from './shared';

test('a link names its recording and its pass, wherever the server is mounted', () => {
  const at = (address: string, root = 'https://a.example/') => linkOf(new URL(address), new URL(root));
  expect(at('https://a.example/watch/recordings/1f-2e?pass=a.b.c')).toEqual({ id: '1f-2e', pass: 'a.b.c' });
  expect(at('https://a.example/x/watch/recordings/1f/#pass=a.b.c', 'https://a.example/x/')).toEqual({ id: '1f', pass: 'a.b.c' });
  expect(at('https://a.example/watch/recordings/')).toEqual({ id: '', pass: '' });
});

test('what cannot be read is not offered', () => {
  const file = { seconds: 1, bytes: 2 };
  const view = understand({
    state: 'finished',
    started: '2026-01-01T00:00:00Z',
    seconds: 3,
    picture: false,
    files: [{ number: 1, ...file, formats: ['mp4', 'flv'] }, { number: 2, ...file, fault: 'unreadable' }, { number: 3, ...file, finished: true }],
  });
  expect(view.files).toEqual([{ number: 1, ...file, formats: ['mp4', 'flv'], finished: false }, { number: 3, ...file, formats: ['mp4'], finished: true }]);
  expect([view.label, view.expires]).toEqual([null, null]);
});

test('why a link does not hold is told apart', () => {
  expect([lost(403, 'pass_expired'), lost(403, 'pass_elsewhere'), lost(403, 'pass_wrong'), lost(401, 'unauthenticated'), lost(404, 'not_found'), lost(503, 'busy')]).toEqual([
    'expired',
    'elsewhere',
    'wrong',
    'wrong',
    'gone',
    'unreachable',
  ]);
});
