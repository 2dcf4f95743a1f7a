// How large, how often, how many bits: what a publisher can choose.

export interface Size {
  width: number;
  height: number;
}

export const HEIGHTS = [360, 480, 720, 1080] as const;
export const RATES = [15, 24, 30, 60] as const;
/** H.264 plays everywhere, so it is the one that is offered first. */
export const CODECS = ['H264', 'VP8', 'VP9', 'AV1', 'H265'] as const;

export type Height = (typeof HEIGHTS)[number];
export type Rate = (typeof RATES)[number];
export type Codec = (typeof CODECS)[number];

export interface Encoding {
  height: Height;
  fps: Rate;
  /** Of the picture, in kbit/s; `null` for what suits the rest. */
  bitrate: number | null;
  codec: Codec;
}

export const DEFAULT: Encoding = { height: 720, fps: 30, bitrate: null, codec: 'H264' };

export function sizeOf(height: Height): Size {
  return { width: Math.round((height * 16) / 9 / 2) * 2, height };
}

/** kbit/s that suit a picture of that size and rate. */
export function suitable({ height, fps }: Pick<Encoding, 'height' | 'fps'>): number {
  const base: Record<Height, number> = { 360: 700, 480: 1_200, 720: 2_500, 1080: 4_500 };
  // Twice the pictures are more alike, and so not twice the bits.
  const factor = fps >= 60 ? 1.5 : fps <= 15 ? 0.7 : 1;
  return Math.round((base[height] * factor) / 100) * 100;
}

/** The codecs of a browser, what was chosen first; retransmission and the like keep their places. */
export function ordered<T extends { mimeType: string }>(codecs: readonly T[], chosen: Codec): T[] {
  const is = ({ mimeType }: T, name: string) => mimeType.toLowerCase() === `video/${name.toLowerCase()}`;
  const rank = (codec: T) => (is(codec, chosen) ? 0 : is(codec, 'H264') ? 1 : CODECS.some((name) => is(codec, name)) ? 2 : 3);
  return [...codecs].sort((a, b) => rank(a) - rank(b));
}

/** Those of [CODECS] that this browser can send. */
export function sendable(): Codec[] {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  return CODECS.filter((name) => codecs.some(({ mimeType }) => mimeType.toLowerCase() === `video/${name.toLowerCase()}`));
}
