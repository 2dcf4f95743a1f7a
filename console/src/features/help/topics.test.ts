import { expect, test } from 'vitest';

import { PLACES } from '~/app/places';
import { TOPICS, topicsFor } from './topics';

test('a tab has help of its own where the page is about several things', () => {
  expect(topicsFor('/settings', '?tab=https')[0]).toBe('https');
  expect(topicsFor('/settings', '')[0]).toBe('proxy');
  expect(topicsFor('/streams/live/cam', '?tab=ingest')[0]).toBe('obs');
  expect(topicsFor('/go-live', '?way=guest')[0]).toBe('guest');
  expect(topicsFor('/recordings', '?tab=retention')[0]).toBe('recording');
});

test('each page has help of its own, and what is no page has all', () => {
  for (const { places } of PLACES) {
    for (const { path, name } of places) expect(topicsFor(path, '') === TOPICS, name).toBe(name === 'help');
  }
  expect(topicsFor('/no/such/page', '')).toBe(TOPICS);
});
