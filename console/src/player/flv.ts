// FLV and MPEG-TS that never end, over HTTP and WebSocket, by mpegts.js.

import type mpegtsType from 'mpegts.js';

import { buffered, type Engine, type Figures, type Task, troubleOf } from './engine';
import type { Trouble } from './state';

type Mpegts = typeof mpegtsType;

export class FlvEngine implements Engine {
  #player: mpegtsType.Player | null = null;
  #closed = false;
  /** Bits a second, lately. */
  #speed: number | null = null;
  readonly #aborter = new AbortController();

  constructor(private readonly task: Task) {}

  async open(): Promise<void> {
    const { default: mpegts } = await import('mpegts.js');
    if (this.#closed) return;
    const { video, source, tracks, report } = this.task;
    if (!mpegts.isSupported()) {
      report({ kind: 'trouble', trouble: 'unsupported', detail: 'no media source extensions' });
      return;
    }
    mpegts.LoggingControl.enableAll = false;
    const has = (kind: string) => tracks?.some((track) => track.kind === kind);
    const media: mpegtsType.MediaDataSource = {
      type: source.way.endsWith('ts') ? 'mpegts' : 'flv',
      isLive: true,
      url: source.way.startsWith('ws-') ? source.url.replace(/^http/, 'ws') : source.url,
    };
    // Without a word it believes the header, which in many a stream promises what never comes.
    if (tracks !== null) Object.assign(media, { hasVideo: has('video'), hasAudio: has('audio') });
    const player = mpegts.createPlayer(media, SETTINGS);
    this.#player = player;
    player.on(mpegts.Events.ERROR, (type: string, detail: string, info: unknown) => {
      report({ kind: 'trouble', trouble: troubleIn(mpegts, type, detail, info), detail: `${type}: ${detail}` });
    });
    player.on(mpegts.Events.LOADING_COMPLETE, () => report({ kind: 'end' }));
    player.on(mpegts.Events.STATISTICS_INFO, ({ speed }: { speed?: number }) => {
      if (speed !== undefined) this.#speed = speed * 8_000;
    });
    player.attachMediaElement(video);
    player.load();
    video.addEventListener('timeupdate', () => this.#catchUp(), { signal: this.#aborter.signal });
  }

  /** A page that was asleep finds more in the buffer than playing faster gets rid of. */
  #catchUp(): void {
    const { video } = this.task;
    const behind = buffered(video);
    if (behind > FAR_BEHIND) video.currentTime += behind - TARGET;
  }

  close(): void {
    this.#closed = true;
    this.#aborter.abort();
    this.#player?.destroy();
    this.#player = null;
  }

  latency(): number | null {
    return this.#player === null ? null : buffered(this.task.video);
  }

  figures(): Promise<Figures> {
    return Promise.resolve(this.#speed === null ? {} : { bandwidth: this.#speed });
  }
}

function troubleIn(mpegts: Mpegts, type: string, detail: string, info: unknown): Trouble {
  if (detail === mpegts.ErrorDetails.MEDIA_CODEC_UNSUPPORTED || detail === mpegts.ErrorDetails.MEDIA_FORMAT_UNSUPPORTED) {
    return 'unsupported';
  }
  if (type !== mpegts.ErrorTypes.NETWORK_ERROR) return 'media';
  const status = typeof info === 'object' && info !== null && 'code' in info ? Number(info.code) : 0;
  return troubleOf(status);
}

/** Seconds. */
const TARGET = 0.6;
const FAR_BEHIND = 8;

const SETTINGS: mpegtsType.Config = {
  // Its worker is made of the text of its own functions, which does not survive a bundler; what it does is little.
  enableWorker: false,
  enableStashBuffer: false,
  liveSync: true,
  liveSyncMaxLatency: 1.5,
  liveSyncTargetLatency: TARGET,
  liveSyncPlaybackRate: 1.2,
  autoCleanupSourceBuffer: true,
  autoCleanupMaxBackwardDuration: 30,
  autoCleanupMinBackwardDuration: 10,
};
