// The ways to watch a stream: what the server offers, what this browser plays, and in which order they are tried.

/** How a stream comes. The names are those of `outputs` in the API; `file` is whatever the browser plays by itself. */
export type Way = 'whep' | 'll-hls' | 'hls' | 'flv' | 'ws-flv' | 'ts' | 'ws-ts' | 'file';

/** One way, and where it is found. */
export interface Source {
  way: Way;
  /** Absolute. */
  url: string;
  /** It is played from its beginning although it still grows: a recording that is being made. */
  growing?: boolean;
}

export interface Track {
  kind: string;
  codec: string;
  /** As browsers write it (RFC 6381): `avc1.64001f`. */
  parameters?: string | undefined;
}

/** What the browser can do, asked once. A plain object, so that tests need no browser. */
export interface Abilities {
  webrtc: boolean;
  /** Media source extensions, also the managed ones of iOS. */
  mse: ((type: string) => boolean) | null;
  /** Plays playlists by itself, and better than a script would. */
  nativeHls: boolean;
  /** Codecs that WebRTC receives, in lower case: `h264`, `opus`. `null` where the browser does not say. */
  receives: ReadonlySet<string> | null;
}

/** The order of preference: by latency, and then by what gets through networks. */
export const ORDER: readonly Way[] = ['whep', 'll-hls', 'hls', 'flv', 'ws-flv', 'ts', 'ws-ts', 'file'];

/**
 * Those of `sources` that play here, the best first. One that would lose the picture or the sound comes after all that do not;
 * one that would lose both is left out. Without `tracks` (the server is somebody else's) only what the browser lacks counts.
 */
export function playable(sources: readonly Source[], tracks: readonly Track[] | null, can: Abilities): Source[] {
  const wanted = (tracks ?? []).filter((track) => track.kind === 'video' || track.kind === 'audio');
  const ranked = sources.flatMap((source) => {
    if (!isAble(source.way, can)) return [];
    const lost = wanted.filter((track) => !carries(source.way, track, can));
    if (wanted.length > 0 && lost.length === wanted.length) return [];
    // A picture without its sound is better than sound without its picture.
    const loss = lost.reduce((sum, track) => sum + (track.kind === 'video' ? 2 : 1), 0);
    return [{ source, loss, place: ORDER.indexOf(source.way) }];
  });
  ranked.sort((a, b) => a.loss - b.loss || a.place - b.place);
  return ranked.map(({ source }) => source);
}

function isAble(way: Way, can: Abilities): boolean {
  switch (way) {
    case 'whep':
      return can.webrtc;
    case 'll-hls':
    case 'hls':
      return can.mse !== null || can.nativeHls;
    case 'file':
      return true;
    default:
      return can.mse !== null;
  }
}

function carries(way: Way, track: Track, can: Abilities): boolean {
  const { codec, kind, parameters } = track;
  if (!CARRIED[way].includes(codec)) return way === 'file';
  if (way === 'whep') {
    // Sound that WebRTC does not know is perhaps there as Opus too; the answer to the offer says so.
    return codec === 'aac' || codec === 'mp3' || can.receives === null || can.receives.has(codec);
  }
  if (can.mse === null || parameters === undefined || codec === 'mp3') return true;
  return can.mse(`${kind}/mp4; codecs="${parameters}"`);
}

/** What a way and the script that plays it can carry. */
const CARRIED: Record<Way, readonly string[]> = {
  whep: ['h264', 'h265', 'vp8', 'vp9', 'av1', 'opus', 'aac', 'mp3'],
  'll-hls': ['h264', 'h265', 'av1', 'vp9', 'aac', 'opus', 'flac', 'ac3', 'eac3', 'mp3'],
  hls: ['h264', 'h265', 'aac', 'mp3', 'ac3', 'eac3'],
  flv: ['h264', 'h265', 'av1', 'aac', 'mp3', 'opus', 'flac'],
  'ws-flv': ['h264', 'h265', 'av1', 'aac', 'mp3', 'opus', 'flac'],
  ts: ['h264', 'h265', 'aac', 'mp3', 'opus', 'ac3', 'eac3'],
  'ws-ts': ['h264', 'h265', 'aac', 'mp3', 'opus', 'ac3', 'eac3'],
  file: [],
};

/** What this browser can do. */
export function abilities(): Abilities {
  const scope = globalThis as { ManagedMediaSource?: typeof MediaSource };
  const source = 'MediaSource' in globalThis ? MediaSource : scope.ManagedMediaSource;
  const webrtc = typeof RTCPeerConnection === 'function';
  return {
    webrtc,
    mse: source ? (type) => source.isTypeSupported(type) : null,
    nativeHls: isSafari() && document.createElement('video').canPlayType(PLAYLIST) !== '',
    receives: webrtc ? received() : null,
  };
}

/** Chromium plays playlists too by now, but knows less of low latency than the script does. */
function isSafari(): boolean {
  return navigator.vendor.startsWith('Apple');
}

function received(): ReadonlySet<string> | null {
  if (typeof RTCRtpReceiver === 'undefined' || !('getCapabilities' in RTCRtpReceiver)) return null;
  const codecs = ['video', 'audio'].flatMap((kind) => RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []);
  return new Set(codecs.map((codec) => codec.mimeType.replace(/^.*\//, '').toLowerCase()));
}

/** What kind of thing is at `url`, by its suffix and scheme. */
export function wayOf(url: URL): Way {
  const path = url.pathname.toLowerCase();
  const socket = url.protocol === 'ws:' || url.protocol === 'wss:';
  if (path.endsWith('.m3u8')) return url.searchParams.get('variant') === 'll' ? 'll-hls' : 'hls';
  if (path.endsWith('.flv')) return socket ? 'ws-flv' : 'flv';
  if (path.endsWith('.ts')) return socket ? 'ws-ts' : 'ts';
  if (/\/rtc\/v1\/(whep|whip-play)\/?$/.test(path) || path.endsWith('/whep')) return 'whep';
  return 'file';
}

const PLAYLIST = 'application/vnd.apple.mpegurl';
