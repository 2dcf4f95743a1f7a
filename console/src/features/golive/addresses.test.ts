import { expect, test } from 'vitest';

import { NAME, name, root, rtmpServer, srt, streamKey, whip, type Place } from './addresses';
import { keyFor } from './key-for';

const place = (host: string, ...listeners: [string, string][]): Place => ({
  host,
  origin: `http://${host}:2022/`,
  listeners: listeners.map(([protocol, address]) => ({ protocol, address })),
});

test('the usual port is left out, another one is told', () => {
  expect(root(place('live.example', ['rtmp', '0.0.0.0:1935']), 'rtmp')).toBe('rtmp://live.example');
  expect(root(place('live.example', ['rtmp', '[::]:19350']), 'rtmp')).toBe('rtmp://live.example:19350');
  expect(root(place('live.example'), 'rtmp')).toBeUndefined();
});

test('an IPv6 address stands in brackets', () => {
  expect(root(place('2001:db8::1', ['rtmp', '[::]:1935']), 'rtmp')).toBe('rtmp://[2001:db8::1]');
});

test('a publisher gets a server and a key', () => {
  const publish = { app: 'live', stream: 'cam', key: 'a+b/c' };
  expect(rtmpServer(place('h', ['rtmp', '0.0.0.0:1935']), publish)).toBe('rtmp://h/live');
  expect(streamKey(publish)).toBe('cam?secret=a%2Bb%2Fc');
  expect(streamKey({ app: 'live', stream: 'cam' })).toBe('cam');
  expect(whip(place('h'), publish)).toBe('http://h:2022/rtc/v1/whip/?app=live&stream=cam&secret=a%2Bb%2Fc');
  expect(srt(place('h', ['srt', '0.0.0.0:10080']), publish)).toBe('srt://h:10080?streamid=#!::r=live/cam,secret=a+b/c,m=publish');
});

test('a name that is made can be used', () => {
  for (const random of [0, 0.5, 0.999]) expect(name(() => random)).toMatch(NAME);
  for (const wrong of ['', 'a b', 'a//b', '/a', 'a?b', 'ü']) expect(wrong).not.toMatch(NAME);
});

const key = (id: string, more: object = {}) => ({ id, key: `${id}-key`, label: id, created: '', disabled: false, ...more });

test('the nearest key that holds counts', () => {
  const keys = { global: 'global-key', open: false, items: [key('app', { app: 'live' }), key('stream', { app: 'live', stream: 'cam' })] };
  expect(keyFor(keys, 'live', 'cam')).toBe('stream-key');
  expect(keyFor(keys, 'live', 'other')).toBe('app-key');
  expect(keyFor(keys, 'show', 'cam')).toBe('global-key');
});

test('a key that is off or over is none', () => {
  const off = key('a', { stream: 'cam', disabled: true });
  const over = key('b', { stream: 'cam', expires: '2020-01-01T00:00:00Z' });
  expect(keyFor({ global: 'global-key', open: false, items: [off, over] }, 'live', 'cam')).toBe('global-key');
  expect(keyFor({ global: 'global-key', open: true, items: [] }, 'live', 'cam')).toBeUndefined();
});
