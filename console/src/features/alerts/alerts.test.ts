import { expect, test } from 'vitest';

import type { Schema } from '~/api/client';
import { ofServer, ofStreams } from './alerts';

const DAY = 86400_000;
const certificates = (ends: number, failure?: string) =>
  ({ certificate: { not_after: new Date(ends).toISOString() }, failure: failure && { code: 'unreachable', text: failure } }) as unknown as Schema['CertificatesView'];

test('what the server warns of is told in its words, also where the code is new', () => {
  const warnings = [{ code: 'disk_nearly_full', text: '1 GB left' }, { code: 'of_tomorrow', text: 'something else' }];
  expect(ofServer(warnings, undefined, 0).map(({ kind, grave, detail }) => [kind, grave, detail])).toEqual([
    ['disk_nearly_full', true, '1 GB left'],
    ['other', false, 'something else'],
  ]);
});

test('a certificate is an alert in its last week, and when no other could be had', () => {
  expect(ofServer([], certificates(8 * DAY), 0)).toEqual([]);
  expect(ofServer([], certificates(6 * DAY), 0).map(({ kind }) => kind)).toEqual(['certificate_ends']);
  expect(ofServer([], certificates(-DAY, 'no port 80'), 0).map(({ kind }) => kind)).toEqual(['certificate_ends', 'certificate_failed']);
});

const stream = (id: string, more: object) => ({ id, state: 'live', joinable: true, tracks: [], viewers: {}, ...more }) as unknown as Schema['StreamView'];

test('streams that are lost go before those in doubt, and renditions say nothing of their own', () => {
  const slow = { tracks: [{ kind: 'video', frames: 100, fps: 5, bitrate: 1, discontinuities: 0 }] };
  const all = [stream('live/a', slow), stream('live/a@360p', { ...slow, parent: 'live/a' }), stream('live/b', {}), stream('live/c', { state: 'dropped' })];
  expect(ofStreams(all).map(({ id }) => id)).toEqual(['lost live/c', 'slow live/a']);
});
