// Streams in a few words. Pure.

import type { Schema } from '~/api/client';
import { bits, number, protocol } from '~/format';

type Stream = Schema['StreamView'];
type Track = Schema['TrackView'];

const CODECS: Record<string, string> = {
  h264: 'H.264', h265: 'H.265', hevc: 'H.265', av1: 'AV1', vp8: 'VP8', vp9: 'VP9', aac: 'AAC', mp3: 'MP3', opus: 'Opus', flac: 'FLAC', ac3: 'AC-3',
};

export const codec = (name: string) => CODECS[name.toLowerCase()] ?? name;

/** `H.264 1280×720 30 fps`, `AAC 48 kHz`. */
export function trackText(track: Track): string {
  const parts = [codec(track.codec)];
  if (track.width && track.height) parts.push(`${track.width}×${track.height}`);
  if (track.kind === 'video' && track.fps > 0) parts.push(`${number(track.fps, 0)} fps`);
  if (track.sample_rate) parts.push(`${number(track.sample_rate / 1000, 1)} kHz`);
  return parts.join(' ');
}

/** The tracks that the publisher sends; the server makes others of them where viewers need it. */
export const sent = (stream: Stream) => stream.tracks.filter((track) => !track.derived);

export const viewers = (stream: Stream) => Object.values(stream.viewers).reduce((sum, count) => sum + count, 0);

/** Bits a second that come in. */
export const bitrate = (stream: Stream) => stream.tracks.reduce((sum, track) => sum + track.bitrate, 0);

export const bitrateText = (stream: Stream) => (stream.publisher ? bits(bitrate(stream)) : '–');

/** `viewers` of each protocol: `HLS 3 · RTMP 1`. */
export const viewersText = (stream: Stream) =>
  Object.entries(stream.viewers)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${protocol(name)} ${number(count)}`)
    .join(' · ');

export type Trouble = 'slow' | 'longGop' | 'bFrames' | 'someBFrames' | 'gaps' | 'noPicture' | 'quiet' | 'lossy';

/** What is not well with a stream that is live. */
export function troubles(stream: Stream): Trouble[] {
  if (stream.state !== 'live') return [];
  const found: Trouble[] = [];
  const video = stream.tracks.find((track) => track.kind === 'video');
  if (video) {
    if (video.frames > 60 && video.fps > 0 && video.fps < 10) found.push('slow');
    if ((video.gop ?? 0) > 6) found.push('longGop');
    if (video.reordering === 'needed') found.push('bFrames');
    if (video.reordering === 'disposable') found.push('someBFrames');
    if (video.frames > 60 && !stream.joinable) found.push('noPicture');
  }
  if (stream.tracks.some((track) => track.discontinuities > 3)) found.push('gaps');
  if (stream.tracks.length > 0 && stream.tracks.every((track) => track.bitrate === 0 && track.frames > 60)) found.push('quiet');
  if ((stream.publisher?.loss ?? 0) > 0.05) found.push('lossy');
  return found;
}

export type Mood = 'good' | 'doubt' | 'bad' | undefined;

export function mood(stream: Stream): Mood {
  switch (stream.state) {
    case 'live':
      return troubles(stream).length > 0 ? 'doubt' : 'good';
    case 'dropped':
      return 'bad';
    default:
      return undefined;
  }
}
