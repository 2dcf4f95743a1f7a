// What plays one way. Each is a chunk of its own, loaded when it is first needed.

import type { Trouble } from './state';
import type { Source, Track, Way } from './ways';

/** What an engine is given. */
export interface Task {
  video: HTMLVideoElement;
  source: Source;
  /** What the stream consists of, where that is known. */
  tracks: readonly Track[] | null;
  report: (report: Report) => void;
}

/** What it says of itself. That something is seen is for the element to say. */
export type Report =
  | { kind: 'trouble'; trouble: Trouble; detail: string }
  /** The stream is over, or cut off: the server knows. */
  | { kind: 'end' }
  /** There are other qualities to choose from, or other captions. */
  | { kind: 'choices' };

/** Figures that only the engine knows; what is missing is not known. */
export interface Figures {
  /** Bits a second, received lately or thought possible. */
  bandwidth?: number;
  /** Seconds. */
  rtt?: number;
  /** Of the packets of the last second, the share that was lost. */
  loss?: number;
  fps?: number;
  decoded?: number;
  dropped?: number;
}

export interface Quality {
  id: number;
  height: number;
  /** Bits a second. */
  bitrate: number;
}

export interface Engine {
  /** Begins. What goes wrong is reported, at once or later. */
  open(): Promise<void>;
  /** Ends, and lets go of the element. May be called at any time, also twice. */
  close(): void;
  /** Seconds between the server and the screen, as far as this end can tell. What the publisher adds, nobody knows. */
  latency(): number | null;
  figures(): Promise<Figures>;
  qualities?(): Quality[];
  /** The one in use; -1 leaves it to the engine. */
  quality?(): number;
  chooseQuality?(id: number): void;
}

/** Loads the engine of `way`. Errs when its file does not come. */
export async function load(way: Way, nativeHls: boolean): Promise<(task: Task) => Engine> {
  switch (way) {
    case 'whep': {
      const { WhepEngine } = await import('./whep');
      return (task) => new WhepEngine(task);
    }
    case 'll-hls':
    case 'hls': {
      if (nativeHls) break;
      const { HlsEngine } = await import('./hls');
      return (task) => new HlsEngine(task);
    }
    case 'flv':
    case 'ws-flv':
    case 'ts':
    case 'ws-ts': {
      const { FlvEngine } = await import('./flv');
      return (task) => new FlvEngine(task);
    }
    case 'file':
      break;
  }
  const { FileEngine } = await import('./file');
  return (task) => new FileEngine(task);
}

/** Seconds that are there and not yet played. */
export function buffered(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let at = 0; at < buffered.length; at += 1) {
    if (buffered.start(at) <= currentTime + 0.1 && currentTime <= buffered.end(at)) return buffered.end(at) - currentTime;
  }
  return 0;
}

/** What an HTTP status means for who wants to watch. */
export function troubleOf(status: number): Trouble {
  switch (status) {
    case 401:
    case 403:
      return 'refused';
    case 404:
    case 410:
      return 'absent';
    case 406:
    case 415:
      return 'unsupported';
    default:
      return 'network';
  }
}
