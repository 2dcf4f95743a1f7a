// HLS and low-latency HLS by hls.js: its light build, and the full one where a stream has captions or several sounds.

import type Hls from 'hls.js';
import type { ErrorData, HlsConfig, ManifestLoadedData } from 'hls.js';

import { type Engine, type Figures, type Quality, type Task, troubleOf } from './engine';
import type { Trouble } from './state';

type Build = typeof Hls;

export class HlsEngine implements Engine {
  #hls: Hls | null = null;
  #closed = false;
  #recovered = -Infinity;

  constructor(private readonly task: Task) {}

  async open(): Promise<void> {
    const { default: light } = await import('hls.js/light');
    this.#play(light, () => void this.#playFull());
  }

  async #playFull(): Promise<void> {
    const { default: full } = await import('hls.js');
    this.#hls?.destroy();
    this.#play(full, null);
  }

  /** `poor`: what to do when the stream has more than this build can play. */
  #play(build: Build, poor: (() => void) | null): void {
    if (this.#closed) return;
    if (!build.isSupported()) {
      this.task.report({ kind: 'trouble', trouble: 'unsupported', detail: 'no media source extensions' });
      return;
    }
    const { video, source, report } = this.task;
    const hls = new build(source.way === 'll-hls' ? { ...SETTINGS, ...LOW_LATENCY } : source.growing === true ? { ...SETTINGS, ...GROWING } : SETTINGS);
    this.#hls = hls;
    // A page that was asleep, or is too slow, passes over what it has missed. The constructor takes that only together with a distance
    // from the end, and that one would overrule the hold-back which the playlist asks for.
    if (source.growing !== true) hls.config.liveMaxLatencyDurationCount = LATE;
    hls.on(build.Events.MANIFEST_LOADED, (_, data: ManifestLoadedData) => {
      const more = (data.subtitles?.length ?? 0) > 0 || data.audioTracks.length > 1;
      if (more && poor !== null) poor();
      else report({ kind: 'choices' });
    });
    hls.on(build.Events.ERROR, (_, data) => this.#failed(build, data));
    hls.attachMedia(video);
    hls.loadSource(source.url);
  }

  #failed(build: Build, data: ErrorData): void {
    const { report, source } = this.task;
    // Of what has just begun, the playlist is there before its first segment. Left alone, it would be asked for again after twenty seconds.
    if (source.growing === true && data.details === build.ErrorDetails.LEVEL_EMPTY_ERROR) {
      report({ kind: 'trouble', trouble: 'absent', detail: data.details });
      return;
    }
    if (!data.fatal) return;
    const now = performance.now();
    if (data.type === build.ErrorTypes.MEDIA_ERROR && !UNFIT.has(data.details) && now - this.#recovered > 10_000) {
      // Once in a while a decoder chokes; the next segment is another chance.
      this.#recovered = now;
      this.#hls?.recoverMediaError();
      return;
    }
    report({ kind: 'trouble', trouble: troubleIn(build, data), detail: `${data.details}: ${data.error.message}` });
  }

  close(): void {
    this.#closed = true;
    this.#hls?.destroy();
    this.#hls = null;
  }

  latency(): number | null {
    const hls = this.#hls;
    if (hls === null || hls.latestLevelDetails?.live === false) return null;
    return hls.latency > 0 ? hls.latency : null;
  }

  figures(): Promise<Figures> {
    const bandwidth = this.#hls?.bandwidthEstimate;
    return Promise.resolve(bandwidth !== undefined && Number.isFinite(bandwidth) ? { bandwidth } : {});
  }

  qualities(): Quality[] {
    return (this.#hls?.levels ?? []).map(({ height, bitrate }, id) => ({ id, height, bitrate }));
  }

  quality(): number {
    const hls = this.#hls;
    return hls === null || hls.autoLevelEnabled ? -1 : hls.currentLevel;
  }

  chooseQuality(id: number): void {
    if (this.#hls !== null) this.#hls.nextLevel = id;
  }
}

function troubleIn(build: Build, data: ErrorData): Trouble {
  if (UNFIT.has(data.details)) return 'unsupported';
  if (data.type !== build.ErrorTypes.NETWORK_ERROR) return 'media';
  return troubleOf(data.response?.code ?? 0);
}

/** What no other attempt would change. */
const UNFIT: ReadonlySet<string> = new Set([
  'manifestIncompatibleCodecsError',
  'bufferIncompatibleCodecsError',
  'bufferAddCodecError',
]);

const SETTINGS: Partial<HlsConfig> = {
  enableWorker: true,
  // The player decides what becomes of a stream that does not come; here only what a moment mends.
  manifestLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: 20_000,
      maxLoadTimeMs: 20_000,
      timeoutRetry: null,
      errorRetry: { maxNumRetry: 1, retryDelayMs: 500, maxRetryDelayMs: 500 },
    },
  },
  backBufferLength: 30,
  // What is live has no end, and is told from a file by that.
  liveDurationInfinity: true,
};

/** In target durations. */
const LATE = 10;

/** Who joins late, or has stopped for a moment, plays a little faster until it has caught up. */
const LOW_LATENCY: Partial<HlsConfig> = { lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.2 };

/** Nothing of it is passed over, and it can be sought in. */
const GROWING: Partial<HlsConfig> = { startPosition: 0, liveDurationInfinity: false, backBufferLength: 120 };
