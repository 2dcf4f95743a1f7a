import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { deedName, deedSubject } from './deed';

test('requests and words have names', () => {
  expect(deedName('POST /api/v2/keys')).toBe('keyMade');
  expect(deedName('POST /api/v2/keys/{id}/rotate')).toBe('keyRotated');
  expect(deedName('set up')).toBe('setUp');
  expect(deedName('POST /terraform/v1/mgmt/limits/update')).toBeUndefined();
});

test('every request that changes something has a name', () => {
  const { paths } = JSON.parse(readFileSync('../docs/reference/openapi.json', 'utf8')) as { paths: Record<string, object> };
  const changes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).filter((method) => method !== 'get').map((method) => `${method.toUpperCase()} ${path}`));
  expect(changes.length).toBeGreaterThan(50);
  // The first account and a log-in are written down as words; who was invited changes nothing.
  const others = ['POST /api/v2/setup', 'POST /api/v2/session', 'POST /api/v2/invited'];
  expect(changes.filter((change) => !deedName(change))).toEqual(others.sort());
});

test('to what it was done is what the route leaves open', () => {
  expect(deedSubject({ action: 'POST /api/v2/streams/{id}/kick', subject: '/api/v2/streams/live%2Fcam/kick' })).toBe('live/cam');
  expect(deedSubject({ action: 'POST /api/v2/keys', subject: '/api/v2/keys' })).toBe('');
  expect(deedSubject({ action: 'login', subject: 'admin' })).toBe('admin');
  expect(deedSubject({ action: 'DELETE /api/v2/users/{name}', subject: '/api/v2/users/%zz' })).toBe('%zz');
});

test('a request without a name keeps its path', () => {
  expect(deedSubject({ action: 'POST /other/{id}', subject: '/other/7' })).toBe('/other/7');
});
