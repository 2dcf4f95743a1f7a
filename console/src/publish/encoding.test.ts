import { describe, expect, it } from 'vitest';

import { ordered, sizeOf, suitable } from './encoding';

describe('an encoding', () => {
  it('has bits that suit its size and rate', () => {
    expect(suitable({ height: 720, fps: 30 })).toBe(2500);
    expect(suitable({ height: 1080, fps: 60 })).toBe(6800);
    expect(suitable({ height: 360, fps: 15 })).toBe(500);
  });

  it('is 16:9, in even numbers', () => {
    expect(sizeOf(480)).toEqual({ width: 854, height: 480 });
    expect(sizeOf(1080)).toEqual({ width: 1920, height: 1080 });
  });

  it('offers the chosen codec first, then H.264, and keeps the rest', () => {
    const codecs = ['video/VP8', 'video/rtx', 'video/H264', 'video/VP9', 'video/H264', 'video/red'].map((mimeType, id) => ({ mimeType, id }));
    expect(ordered(codecs, 'VP9').map(({ id }) => id)).toEqual([3, 2, 4, 0, 1, 5]);
    expect(ordered(codecs, 'AV1').map(({ id }) => id)).toEqual([2, 4, 0, 3, 1, 5]);
  });
});
