// What the server's FFmpeg is for, and what it lacks for that. Pure.

import type { Schema } from '~/api/client';

type Known = Pick<Schema['FfmpegView'], 'decoders' | 'encoders'>;

/** What pictures are made of, by the decoders that do: one of each line is enough. As the server has them: see `decoders` in crates/jobs. */
const DECODERS: readonly [string, readonly string[]][] = [
  ['H.264', ['h264', 'libopenh264']],
  ['H.265', ['hevc']],
  ['AV1', ['libdav1d', 'libaom-av1', 'libgav1']],
  ['VP9', ['vp9', 'libvpx-vp9']],
  ['VP8', ['vp8', 'libvpx']],
];

/** Codecs of whose streams there are no pictures for want of a decoder; `all` where pictures cannot be written at all. */
export function lacks({ decoders, encoders }: Known): 'all' | string[] {
  if (!encoders.includes('mjpeg')) return 'all';
  return DECODERS.filter(([, names]) => !names.some((name) => decoders.includes(name))).map(([codec]) => codec);
}

/** Those of `names` that have what was typed in them. */
export const found = (names: readonly string[], typed: string) => names.filter((name) => name.toLowerCase().includes(typed.trim().toLowerCase()));
