// Figures as people read them.

import type { Statistics } from './player';
import type { Words } from './words';

/** 2.4 Mbit/s. */
export function bitrate(bits: number): string {
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(bits >= 1e7 ? 0 : 1)} Mbit/s`;
  return `${Math.round(bits / 1e3)} kbit/s`;
}

/** 4 ms, 340 ms, 2.4 s, 12 s. Nothing takes no time. */
export function duration(seconds: number): string {
  if (seconds < 0.1) return `${Math.max(1, Math.round(seconds * 1_000))} ms`;
  if (seconds < 1) return `${Math.round(seconds * 100) * 10} ms`;
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

/** A place in what has an end: 0:12, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** Names and values, of what is known. */
export function rows(figures: Statistics, fps: number | null, words: Words): [string, string][] {
  const { width, height, dropped, decoded, buffer, latency, bandwidth, rtt, loss } = figures;
  const list: [string, string | null][] = [
    [words.resolution, width > 0 ? `${width} × ${height}` : null],
    [words.frames, fps === null ? null : fps.toFixed(fps % 1 < 0.05 ? 0 : 1)],
    [words.dropped, dropped === undefined ? null : `${dropped} / ${(decoded ?? 0) + dropped}`],
    [words.latency, latency === null ? null : duration(latency)],
    [words.buffer, buffer > 0 ? duration(buffer) : null],
    [words.bandwidth, bandwidth === undefined ? null : bitrate(bandwidth)],
    [words.rtt, rtt === undefined ? null : `${Math.round(rtt * 1000)} ms`],
    [words.loss, loss === undefined ? null : `${(loss * 100).toFixed(1)} %`],
  ];
  return list.filter((row): row is [string, string] => row[1] !== null);
}
