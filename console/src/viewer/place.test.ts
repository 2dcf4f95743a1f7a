import { describe, expect, it } from 'vitest';

import { placeOf } from './place';

const place = (path: string, root = '/') => placeOf(new URL(path, 'https://example.org'), new URL(root, 'https://example.org'));

describe('the address of a viewer page', () => {
  it('names a stream, in an app of any depth', () => {
    expect(place('/watch/live/cam').stream).toBe('live/cam');
    expect(place('/embed/live/eu/cam%201/').stream).toBe('live/eu/cam 1');
    expect(place('/watch/cam').stream).toBe('live/cam');
    expect(place('/sub/path/watch/live/cam', '/sub/path/').stream).toBe('live/cam');
    expect(place('/watch/live/100%').stream).toBe('live/100%');
    expect(place('/watch/').stream).toBeNull();
    expect(place('/watch.html?stream=live/cam').stream).toBe('live/cam');
  });

  it('says how to show it', () => {
    expect(place('/embed/a/b')).toMatchObject({ token: null, way: null, autoplay: true, muted: false, controls: true });
    expect(place('/embed/a/b?token=x&way=flv&autoplay=0&muted=1&controls=false')).toMatchObject({
      token: 'x',
      way: 'flv',
      autoplay: false,
      muted: true,
      controls: false,
    });
    expect(place('/embed/a/b?way=telepathy').way).toBeNull();
    expect(place('/watch/a/b#token=x').token).toBe('x');
  });
});
