// A player without a face: drives the machine of states, looks for the stream, loads engines, and watches the element.

import { buffered, load, type Engine, type Figures, type Quality, type Report } from './engine';
import { look, type Found } from './server';
import { INITIAL, step, type Event, type Phase, type State, type Trouble } from './state';
import { abilities, playable, type Source, type Track, type Way } from './ways';

/** What is played. */
export type Subject =
  /** A stream of this server, `app/name`, which says by what ways it can be watched. `token` is a pass, where one is asked for. */
  | { stream: string; token?: string | null }
  /** Addresses, on any server. */
  | { sources: readonly Source[] };

/** What a viewer may know of it. */
export interface View {
  phase: Phase;
  way: Way | null;
  /** The viewer's; `null` leaves it to the player. */
  choice: Way | null;
  /** What there is to choose from. */
  ways: readonly Way[];
  trouble: Trouble | null;
  /** In words for developers, in no language of people. */
  detail: string;
  /** Something was seen. */
  played: boolean;
  /** Seconds; `null` where nobody can tell. */
  latency: number | null;
  muted: boolean;
  volume: number;
  /** The browser would not play with sound, and so does without. */
  silenced: boolean;
  /** What the server said last. */
  stream: Found | null;
}

export interface Statistics extends Figures {
  width: number;
  height: number;
  /** Seconds. */
  buffer: number;
  latency: number | null;
}

export class Player {
  readonly #can = abilities();
  #state: State = INITIAL;
  #subject: Subject;
  #sources: readonly Source[] = [];
  #tracks: readonly Track[] | null = null;
  #stream: Found | null = null;
  #engine: Engine | null = null;
  /** Counts what was opened: what comes late from one that is closed is not heard. */
  #run = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: AbortController | null = null;
  #detail = '';
  #silenced = false;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #seen: Seen = NOTHING;
  readonly #aborter = new AbortController();
  readonly #listeners = new Set<(view: View) => void>();

  /** `still` keeps the last picture on screen while there is none to play. */
  constructor(
    readonly video: HTMLVideoElement,
    private readonly still: HTMLCanvasElement,
    subject: Subject,
  ) {
    this.#subject = subject;
    const { signal } = this.#aborter;
    video.addEventListener('pause', () => this.#paused(), { signal });
    const heard = () => {
      if (!video.muted) this.#silenced = false;
      this.#tell();
    };
    video.addEventListener('volumechange', heard, { signal });
    video.addEventListener('ended', () => this.#send({ kind: 'finish' }), { signal });
    // Who comes back to a page on a phone or a laptop that slept does not want to wait for the next attempt.
    const wake = () => {
      if (!document.hidden && this.#state.task === 'waiting') this.#send({ kind: 'timer' });
    };
    document.addEventListener('visibilitychange', wake, { signal });
    window.addEventListener('online', wake, { signal });
    window.addEventListener('pagehide', () => this.#engine?.close(), { signal });
  }

  /** What is played has an end, and can be paused. */
  get isFinite(): boolean {
    return Number.isFinite(this.video.duration) && this.video.duration > 0;
  }

  get view(): View {
    const { phase, way, choice, ways, trouble, played } = this.#state;
    return {
      phase,
      way,
      choice,
      ways,
      trouble,
      played,
      detail: this.#detail,
      latency: phase === 'playing' ? (this.#engine?.latency() ?? null) : null,
      muted: this.video.muted,
      volume: this.video.volume,
      silenced: this.#silenced && this.video.muted,
      stream: this.#stream,
    };
  }

  /** Calls `listener` now and whenever something changes, until what it returns is called. */
  listen(listener: (view: View) => void): () => void {
    this.#listeners.add(listener);
    listener(this.view);
    return () => this.#listeners.delete(listener);
  }

  play(): void {
    this.#send({ kind: 'play' });
  }

  /** A live stream does not pause: it stops, and is live again when it goes on. */
  stop(): void {
    this.#send({ kind: 'stop' });
  }

  choose(way: Way | null): void {
    this.#send({ kind: 'choose', way });
  }

  /** Plays something else. */
  change(subject: Subject): void {
    this.stop();
    this.#subject = subject;
    this.#stream = null;
    this.#tracks = null;
    this.#detail = '';
    this.play();
  }

  unmute(): void {
    this.#silenced = false;
    this.video.muted = false;
    if (this.video.volume === 0) this.video.volume = 1;
  }

  qualities(): Quality[] {
    return this.#engine?.qualities?.() ?? [];
  }

  quality(): number {
    return this.#engine?.quality?.() ?? -1;
  }

  chooseQuality(id: number): void {
    this.#engine?.chooseQuality?.(id);
    this.#tell();
  }

  /** What is measured since the last call. */
  async statistics(): Promise<Statistics> {
    const { video } = this;
    const figures = (await this.#engine?.figures().catch(() => ({}))) ?? {};
    const frames = video.getVideoPlaybackQuality();
    return {
      decoded: frames.totalVideoFrames,
      dropped: frames.droppedVideoFrames,
      ...figures,
      width: video.videoWidth,
      height: video.videoHeight,
      buffer: buffered(video),
      latency: this.#engine?.latency() ?? null,
    };
  }

  destroy(): void {
    this.#send({ kind: 'stop' });
    this.#listeners.clear();
    this.#aborter.abort();
  }

  #tell(): void {
    const { view } = this;
    for (const listener of this.#listeners) listener(view);
  }

  #send(event: Event): void {
    if (this.#aborter.signal.aborted) return;
    const { state, commands } = step(this.#state, event, Math.random());
    this.#state = state;
    for (const command of commands) {
      switch (command.do) {
        case 'look':
          void this.#look();
          break;
        case 'open':
          void this.#open(command.way);
          break;
        case 'close':
          this.#close();
          break;
        case 'timer':
          clearTimeout(this.#timer);
          if (command.after !== null) this.#timer = setTimeout(() => this.#send({ kind: 'timer' }), command.after);
          break;
      }
    }
    this.#tell();
  }

  async #look(): Promise<void> {
    this.#looking?.abort();
    const looking = new AbortController();
    this.#looking = looking;
    const subject = this.#subject;
    const asked = 'sources' in subject ? null : look(subject.stream, subject.token ?? null, looking.signal);
    const answer = await asked;
    if (looking.signal.aborted) return;
    if (answer === null) {
      if ('sources' in subject) this.#sources = playable(subject.sources, null, this.#can);
      this.#found();
      return;
    }
    this.#stream = answer.live ? answer : null;
    if (answer.live) {
      this.#tracks = answer.tracks;
      this.#sources = playable(answer.sources, answer.tracks, this.#can);
      this.#found();
    } else {
      this.#send({ kind: 'trouble', trouble: answer.trouble });
    }
  }

  #found(): void {
    this.#send({ kind: 'found', ways: this.#sources.map(({ way }) => way) });
  }

  async #open(way: Way): Promise<void> {
    this.#close();
    const source = this.#sources.find((source) => source.way === way);
    if (source === undefined) return;
    const run = this.#run;
    const { video } = this;
    const report = (report: Report) => {
      if (run === this.#run) this.#reported(report);
    };
    try {
      const make = await load(way, this.#can.nativeHls);
      if (run !== this.#run) return;
      this.#engine = make({ video, source, tracks: this.#tracks, report });
      this.#watch();
      await this.#engine.open();
      if (run === this.#run) await this.#start();
    } catch (error) {
      // A file of ours that does not come, or an engine that does not run here.
      report({ kind: 'trouble', trouble: 'media', detail: String(error) });
    }
  }

  #reported(report: Report): void {
    switch (report.kind) {
      case 'trouble':
        this.#detail = report.detail;
        this.#send(report);
        break;
      case 'end':
        this.#send({ kind: 'end' });
        break;
      case 'choices':
        this.#tell();
        break;
    }
  }

  /** Browsers let nothing with sound begin by itself, unless they know the page; without sound, most do. */
  async #start(): Promise<void> {
    const run = this.#run;
    const { video } = this;
    const refused = async () => {
      try {
        await video.play();
        return false;
      } catch (error) {
        return error instanceof DOMException && error.name === 'NotAllowedError' && run === this.#run;
      }
    };
    if (!(await refused())) return;
    if (!video.muted) {
      video.muted = true;
      this.#silenced = true;
      if (!(await refused())) return;
    }
    this.#send({ kind: 'trouble', trouble: 'blocked' });
  }

  #close(): void {
    this.#run += 1;
    this.#looking?.abort();
    clearInterval(this.#pulse);
    if (this.#engine !== null) this.#freeze();
    this.#engine?.close();
    this.#engine = null;
  }

  #freeze(): void {
    const { video, still } = this;
    const { videoWidth, videoHeight } = video;
    if (videoWidth === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    still.width = videoWidth;
    still.height = videoHeight;
    still.getContext('2d')?.drawImage(video, 0, 0);
  }

  /** By a key of the keyboard or the headphones, or by the browser, which may go on by itself at once. */
  #paused(): void {
    const run = this.#run;
    setTimeout(() => {
      const { video } = this;
      const meant = run === this.#run && video.paused && !video.ended && !this.isFinite;
      if (meant && (this.#state.phase === 'playing' || this.#state.phase === 'stalled')) this.stop();
    }, PAUSE_MEANT);
  }

  /** Looks at the element a few times a second: its own events tell neither all stalls nor all ends of them. */
  #watch(): void {
    clearInterval(this.#pulse);
    this.#seen = { ...NOTHING, at: performance.now() };
    this.#pulse = setInterval(() => {
      const { video } = this;
      const now = performance.now();
      if (video.paused && this.isFinite) {
        this.#seen.at = now;
        return;
      }
      const frames = video.getVideoPlaybackQuality().totalVideoFrames;
      const before = this.#seen;
      // Behind other pages browsers decode no pictures, but time goes on.
      const moved = video.currentTime !== before.time && (document.hidden || video.videoWidth === 0 || frames !== before.frames);
      const begun = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !video.paused;
      if (moved && begun) {
        this.#seen = { time: video.currentTime, frames, at: now };
        // What was played before leaves its time behind, and media need not begin at nought: jumps are not yet pictures that go on.
        const steady = document.hidden || Math.abs(video.currentTime - before.time) < JUMP;
        if (steady && this.#state.phase !== 'playing') this.#send({ kind: 'progress' });
      } else if (now - before.at > STALL_AFTER) {
        this.#send({ kind: 'stall' });
      }
    }, PULSE);
  }
}

/** What the element looked like when something moved. */
interface Seen {
  time: number;
  frames: number;
  /** By the clock of the page, in ms. */
  at: number;
}

/** No time is near it. */
const NOTHING: Seen = { time: -Infinity, frames: 0, at: 0 };
/** Seconds. */
const JUMP = 1.5;
// Milliseconds.
const PULSE = 200;
const STALL_AFTER = 1_200;
const PAUSE_MEANT = 400;
