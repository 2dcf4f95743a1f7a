import { expect, test } from 'vitest';

import { found, lacks } from './ffmpeg';

test('what pictures lack is named by the codecs of streams', () => {
  const all = ['h264', 'hevc', 'libdav1d', 'vp9', 'vp8'];
  expect(lacks({ decoders: all, encoders: ['mjpeg'] })).toEqual([]);
  expect(lacks({ decoders: ['libopenh264', 'av1', 'libvpx'], encoders: ['mjpeg'] })).toEqual(['H.265', 'AV1', 'VP9']);
  expect(lacks({ decoders: all, encoders: ['png'] })).toBe('all');
});

test('names are found by a part of them', () => {
  expect(found(['aac', 'libx264', 'h264'], ' 264')).toEqual(['libx264', 'h264']);
});
