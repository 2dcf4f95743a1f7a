import { afterEach, describe, expect, it, vi } from 'vitest';

import { look, understand } from './server';

const AT = new URL('https://example.org/sub/');
const LIVE = {
  live: true,
  guarded: false,
  viewers: 3,
  since: '2026-01-02T03:04:05Z',
  width: 1280,
  height: 720,
  tracks: [{ kind: 'video', codec: 'h264', parameters: 'avc1.64001f' }],
  outputs: [
    { name: 'll-hls', path: '/live/cam%201.m3u8?variant=ll' },
    { name: 'flv', path: '/live/cam%201.flv' },
    { name: 'something-new', path: '/live/cam' },
  ],
};

describe('what the server says', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('becomes addresses below its root, with the pass', () => {
    const found = understand(LIVE, AT, 'a b');
    expect(found.live && found.sources).toEqual([
      { way: 'll-hls', url: 'https://example.org/sub/live/cam%201.m3u8?variant=ll&token=a+b' },
      { way: 'flv', url: 'https://example.org/sub/live/cam%201.flv?token=a+b' },
    ]);
  });

  it('has the past of a stream at the address of HLS, if something is kept', () => {
    const outputs = [...LIVE.outputs, { name: 'hls', path: '/live/cam%201.m3u8?variant=ts' }];
    const past = (view: Parameters<typeof understand>[0]) => {
      const found = understand(view, AT, 'x');
      return found.live && found.past;
    };
    expect(past({ ...LIVE, outputs })).toBeNull();
    expect(past({ ...LIVE, timeshift: 90 })).toBeNull();
    expect(past({ ...LIVE, outputs, timeshift: 90 })).toEqual({
      seconds: 90,
      source: { way: 'hls', url: 'https://example.org/sub/live/cam%201.m3u8?variant=ts&token=x&timeshift=90', growing: true },
    });
  });

  it('tells who may not watch from what is not there', () => {
    const nothing = { live: true, viewers: 0 };
    expect(understand({ ...nothing, guarded: true }, AT, null)).toEqual({ live: false, trouble: 'refused' });
    expect(understand({ ...nothing, guarded: false }, AT, null)).toEqual({ live: false, trouble: 'absent' });
    expect(understand({ ...LIVE, live: false }, AT, null)).toEqual({ live: false, trouble: 'absent' });
  });

  it('is a network problem when it does not come', async () => {
    const { signal } = new AbortController();
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no')));
    expect(await look('live/cam', null, signal)).toEqual({ live: false, trouble: 'network' });
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: URL) => {
      asked.push(url.pathname + url.search);
      return Promise.resolve(new Response('{}', { status: 422 }));
    });
    expect(await look('live/eu/cam', 'x', signal)).toEqual({ live: false, trouble: 'absent' });
    expect(asked).toEqual(['/api/v2/public/streams/live%2Feu%2Fcam?token=x']);
  });
});
