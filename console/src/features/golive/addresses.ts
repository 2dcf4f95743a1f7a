// Where to publish and where to play, as addresses. Pure.

import type { Schema } from '~/api/client';

export interface Place {
  /** As the browser knows the server: name or address, without a port. */
  host: string;
  listeners: readonly Schema['ListenerView'][];
  /** How the console itself was reached, which is how players over HTTP get there. */
  origin: string;
}

const USUAL: Record<string, number> = { rtmp: 1935, rtmps: 443, http: 80, https: 443, srt: 10080 };

/** `rtmp://host` with the port where it is not the usual one; `undefined` where the server does not listen by `protocol`. */
export function root(place: Place, protocol: string): string | undefined {
  const address = place.listeners.find((listener) => listener.protocol === protocol)?.address;
  if (!address) return undefined;
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  const host = place.host.includes(':') && !place.host.startsWith('[') ? `[${place.host}]` : place.host;
  return `${protocol}://${host}${port === USUAL[protocol] && protocol !== 'srt' ? '' : `:${port}`}`;
}

export interface Publish {
  app: string;
  stream: string;
  /** What lets it in; none where anybody may publish. */
  key?: string;
}

/** What OBS calls the stream key. */
export const streamKey = ({ stream, key }: Publish) => (key ? `${stream}?secret=${encodeURIComponent(key)}` : stream);

export function rtmpServer(place: Place, { app }: Publish, secure = false) {
  const base = root(place, secure ? 'rtmps' : 'rtmp');
  return base && `${base}/${app}`;
}

export const whip = (place: Place, { app, stream, key }: Publish) =>
  `${place.origin}rtc/v1/whip/?app=${encodeURIComponent(app)}&stream=${encodeURIComponent(stream)}${key ? `&secret=${encodeURIComponent(key)}` : ''}`;

export function srt(place: Place, { app, stream, key }: Publish) {
  const base = root(place, 'srt');
  return base && `${base}?streamid=#!::r=${app}/${stream}${key ? `,secret=${key}` : ''},m=publish`;
}

export const ffmpeg = (target: string) =>
  `ffmpeg -re -i input.mp4 -c:v libx264 -preset veryfast -tune zerolatency -g 60 \\\n  -c:a aac -f flv '${target}'`;

/** A stream of a test picture and sound, for who has no camera at hand. */
export const testPicture = (target: string) =>
  `ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440 \\\n  -c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 60 -c:a aac -f flv '${target}'`;

/** A name for a new stream: short, and easy to read to somebody. */
export function name(random: () => number = Math.random) {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 6 }, () => letters[Math.floor(random() * letters.length)]).join('');
}

/** What may be in the name of an app or stream. */
export const NAME = /^[A-Za-z0-9_.\-]+(\/[A-Za-z0-9_.\-]+)*$/;

/** Hosts by which each machine means itself. */
export const LOOPBACK = /^(localhost|127\.[\d.]+|\[?::1\]?)$/;
