// Camera, microphone and screen.

import { sizeOf, type Encoding } from './encoding';
import type { Trouble } from './state';

/** What to publish. */
export interface Wanted {
  /** A device, the front or the back of a phone, the screen, or no picture. */
  picture: { camera: string | null } | { facing: 'user' | 'environment' } | 'screen' | 'none';
  /** A device, the one that the system prefers (`''`), or no sound. */
  microphone: string | null;
}

export interface Devices {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
}

/** What there is; with names only after the person has allowed some of it. */
export async function devices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  // Before that, there is one without a name and an id for each kind.
  const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId !== '');
  return { cameras: of('videoinput'), microphones: of('audioinput') };
}

/** What is captured, with what else has to end with it. */
export interface Captured {
  stream: MediaStream;
  screen: boolean;
  stop: () => void;
}

/** Errs with what [troubleOf] understands. */
export async function capture(wanted: Wanted, encoding: Encoding): Promise<Captured> {
  if (!isSecureContext || !('mediaDevices' in navigator)) throw new NotCaptured('insecure');
  if (typeof RTCPeerConnection === 'undefined') throw new NotCaptured('incapable');
  const { picture, microphone } = wanted;
  const audio = microphone === null ? false : { ...SOUND, ...(microphone === '' ? {} : { deviceId: { exact: microphone } }) };
  if (picture === 'screen') return captureScreen(audio, encoding);
  const video = picture === 'none' ? false : { ...frame(encoding), ...which(picture) };
  if (video === false && audio === false) throw new NotCaptured('missing');
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio });
  for (const track of stream.getVideoTracks()) track.contentHint = 'motion';
  return { stream, screen: false, stop: () => stop(stream) };
}

async function captureScreen(audio: MediaTrackConstraints | false, encoding: Encoding): Promise<Captured> {
  if (!('getDisplayMedia' in navigator.mediaDevices)) throw new NotCaptured('incapable');
  const display = await navigator.mediaDevices.getDisplayMedia({ video: frame(encoding), audio: true });
  for (const track of display.getVideoTracks()) track.contentHint = 'detail';
  let voice: MediaStream | null = null;
  try {
    if (audio !== false) voice = await navigator.mediaDevices.getUserMedia({ audio });
  } catch {
    // The screen is what was asked for; it can be shown without a voice.
  }
  const ends = [display, ...(voice === null ? [] : [voice])];
  const [screenSound] = display.getAudioTracks();
  const [voiceSound] = voice?.getAudioTracks() ?? [];
  const sound = screenSound && voiceSound ? mix(screenSound, voiceSound) : { track: screenSound ?? voiceSound, close: () => {} };
  const stream = new MediaStream([...display.getVideoTracks(), ...(sound.track ? [sound.track] : [])]);
  return {
    stream,
    screen: true,
    stop: () => {
      sound.close();
      for (const each of [stream, ...ends]) stop(each);
    },
  };
}

/** Two sounds as one track. */
function mix(...tracks: MediaStreamTrack[]): { track: MediaStreamTrack | undefined; close: () => void } {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  for (const track of tracks) context.createMediaStreamSource(new MediaStream([track])).connect(out);
  return { track: out.stream.getAudioTracks()[0], close: () => void context.close() };
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function frame({ height, fps }: Encoding): MediaTrackConstraints {
  const size = sizeOf(height);
  return { width: { ideal: size.width }, height: { ideal: size.height }, frameRate: { ideal: fps, max: Math.max(fps, 30) } };
}

function which(picture: Exclude<Wanted['picture'], 'screen' | 'none'>): MediaTrackConstraints {
  if ('facing' in picture) return { facingMode: picture.facing };
  return picture.camera === null ? {} : { deviceId: { exact: picture.camera } };
}

export class NotCaptured extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
    this.name = 'NotCaptured';
  }
}

/** Source: Media Capture and Streams, `getUserMedia` and `getDisplayMedia`. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof NotCaptured) return error.trouble;
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
    case 'DevicesNotFoundError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'occupied';
    default:
      return 'capture';
  }
}

const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
