import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import i18next from 'i18next';

import { Problem } from '~/api/problem';
import { former } from '~/app/places';
import { bits, bytes, duration, relative } from '~/format';
import { browserOf } from '~/features/access/browser';
import { example, operations, type Document } from '~/features/developer/operations';
import { csv } from '~/features/metrics/csv';
import { strength } from '~/features/setup/strength';
import { mood, trackText, troubles, viewersText } from '~/features/streams/describe';
import { copy } from '~/components/copy';
import { pseudo } from '~/i18n/pseudo';
import type { Schema } from '~/api/client';

beforeAll(() => i18next.init({ lng: 'en', resources: {} }));
afterEach(() => vi.unstubAllGlobals());

describe('problems', () => {
  test('fields of a problem are known by their names', () => {
    const problem = Problem.of({ code: 'invalid_field', status: 422, title: 'A field is wrong', errors: [{ field: 'name', message: 'is empty' }] }, 422);
    expect([problem.code, problem.status, problem.fields.get('name')]).toEqual(['invalid_field', 422, 'is empty']);
  });

  test('an answer of a proxy is no problem of ours', () => {
    expect(Problem.of('<html>', 502)).toMatchObject({ code: 'broken', status: 502 });
    expect(Problem.from(new TypeError('Failed to fetch'))).toMatchObject({ code: 'offline', status: 0 });
  });
});

describe('addresses of the former console', () => {
  test.each([
    ['/en/routers-scenario', '?tab=live', '/go-live'],
    ['/zh/routers-scenario', '?tab=tutorials', '/help'],
    ['/en/routers-settings', '?tab=https', '/settings?tab=https'],
    ['/en/routers-settings', '?tab=callback', '/developer?tab=webhooks'],
    ['/routers-login', '', '/'],
    ['/en/routers-components', '', '/metrics'],
  ])('%s%s is %s', (path, search, place) => expect(former(path, search)).toBe(place));

  test('other addresses are none', () => {
    expect(former('/streams/live/xrouters-x', '')).toBeUndefined();
    expect(former('/nothing', '')).toBeUndefined();
  });
});

describe('figures', () => {
  test('of rates, sizes and times', () => {
    expect([bits(0), bits(999), bits(2_512_000), bits(1_250_000_000)]).toEqual(['0 bit/s', '999 bit/s', '2.51 Mbit/s', '1.25 Gbit/s']);
    expect([bytes(512), bytes(1536), bytes(3 * 1024 ** 3)]).toEqual(['512 B', '1.5 KiB', '3 GiB']);
    expect([duration(5), duration(3785), duration(93784), duration(-1)]).toEqual(['0:05', '1:03:05', '1 d 02:03', '0:00']);
    expect(relative(new Date(1000), 181_000)).toBe('3 minutes ago');
  });

  test('a range as a table', () => {
    expect(csv({ step: 1, times: [0, 1], series: { sent: [1.5, null], viewers: [2, 3] } })).toBe(
      'time,sent,viewers\r\n1970-01-01T00:00:00.000Z,1.5,2\r\n1970-01-01T00:00:01.000Z,,3\r\n',
    );
  });
});

describe('streams', () => {
  const video = { id: 0, kind: 'video', codec: 'h264', width: 1280, height: 720, fps: 30, bitrate: 2e6, frames: 900, discontinuities: 0, gop: 2, derived: false };
  const stream = (more: object = {}) => ({ id: 'live/a', app: 'live', name: 'a', state: 'live', joinable: true, memory: 0, tracks: [video], viewers: { hls: 2, rtmp: 0, flv: 1 }, ...more }) as Schema['StreamView'];

  test('in words', () => {
    expect(trackText(video as Schema['TrackView'])).toBe('H.264 1280×720 30 fps');
    expect(viewersText(stream())).toBe('HLS 2 · FLV 1');
  });

  test('one that is well has no troubles', () => {
    expect([troubles(stream()), mood(stream())]).toEqual([[], 'good']);
  });

  test('what is wrong is named', () => {
    expect(troubles(stream({ tracks: [{ ...video, fps: 4, gop: 10, discontinuities: 9 }] }))).toEqual(['slow', 'longGop', 'gaps']);
    expect(troubles(stream({ tracks: [{ ...video, reordering: 'needed' }] }))).toEqual(['bFrames']);
    expect(troubles(stream({ tracks: [{ ...video, reordering: 'disposable' }] }))).toEqual(['someBFrames']);
    expect(mood(stream({ state: 'dropped' }))).toBe('bad');
    expect(mood(stream({ state: 'waiting' }))).toBeUndefined();
  });
});

test('passwords are weighed', () => {
  expect([strength(''), strength('short'), strength('aaaaaaaaaaaa')]).toEqual([-1, 0, 1]);
  expect([strength('correct horse'), strength('correct horse battery')]).toEqual([2, 4]);
  expect(strength('correct Horse battery 9 staple')).toBe(4);
});

test('browsers are known by what they call themselves', () => {
  expect(browserOf('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Firefox · Linux');
  expect(browserOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1')).toBe('Safari · iOS');
  expect(browserOf('curl/8.5')).toBeUndefined();
});

test('operations have their parameters and an example of their body', () => {
  const document: Document = {
    paths: {
      '/api/v2/x/{id}': { post: { summary: 'X', parameters: [{ name: 'id', in: 'path', required: true }, { name: 'If-Match', in: 'header' }], requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/New' } } } } } },
      '/api/v2/events': { get: {} },
    },
    components: { schemas: { New: { type: 'object', required: ['label', 'count', 'list'], properties: { label: { type: 'string' }, count: { type: 'integer' }, list: { type: 'array', items: { type: 'string' } }, other: { type: 'string' } } } } },
  };
  const [operation, ...more] = operations(document);
  expect(more).toEqual([]);
  expect(operation).toMatchObject({ id: 'POST /api/v2/x/{id}', parameters: [{ name: 'id', where: 'path', required: true }] });
  expect(example(document, operation?.schema ?? {})).toEqual({ label: '', count: 0, list: [''] });
});

test('texts in disguise keep their places and tags', () => {
  expect(pseudo({ a: { b: 'Open <to>{{name}}</to>' } })).toEqual({ a: { b: expect.stringMatching(/^\[Ópéñ <to>\{\{name\}\}<\/to> ·+\]$/) } });
});

test('copying works where browsers have no clipboard', async () => {
  vi.stubGlobal('isSecureContext', false);
  document.execCommand = vi.fn(() => true);
  expect(await copy('text')).toBe(true);
  expect(document.execCommand).toHaveBeenCalledWith('copy');
  expect(document.querySelector('textarea')).toBeNull();
});
