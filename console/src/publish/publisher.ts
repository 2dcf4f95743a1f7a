// A publisher without a face: drives the machine, captures, and sends by WHIP.

import { capture, devices, troubleOf, type Captured, type Devices, type Wanted } from './capture';
import { DEFAULT, type Encoding } from './encoding';
import { between, count, type Counted, type Sent } from './figures';
import { INITIAL, step, type Event, type Phase, type State, type Trouble } from './state';
import { Whip } from './whip';

export interface View {
  phase: Phase;
  trouble: Trouble | null;
  /** In words for developers. */
  detail: string;
  wanted: Wanted;
  encoding: Encoding;
  devices: Devices;
  /** What is shown and sent. */
  stream: MediaStream | null;
  pictureOff: boolean;
  soundOff: boolean;
  /** Since when it is live. */
  since: Date | null;
  /** It was live, and has been stopped. */
  over: boolean;
}

export class Publisher {
  #state: State = INITIAL;
  #detail = '';
  #wanted: Wanted = { picture: { camera: null }, microphone: '' };
  #encoding: Encoding = DEFAULT;
  #devices: Devices = { cameras: [], microphones: [] };
  #captured: Captured | null = null;
  #pictureOff = false;
  #soundOff = false;
  #since: Date | null = null;
  #whip: Whip | null = null;
  /** Counts captures and connections: what comes late from one that was replaced is not heard. */
  #capturing = 0;
  #run = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #before: Counted | null = null;
  #lock: WakeLockSentinel | null = null;
  readonly #aborter = new AbortController();
  readonly #listeners = new Set<(view: View) => void>();

  /** `endpoint` is the WHIP endpoint with the stream and whatever lets one in; asked at each connection. */
  constructor(private readonly endpoint: () => string) {
    const { signal } = this.#aborter;
    window.addEventListener('pagehide', () => this.#close(), { signal });
    document.addEventListener('visibilitychange', () => void this.#stayAwake(), { signal });
    if ('mediaDevices' in navigator) {
      navigator.mediaDevices.addEventListener('devicechange', () => void this.#list(), { signal });
    }
    if (!isSecureContext) this.#send({ kind: 'trouble', trouble: 'insecure' });
  }

  get view(): View {
    return {
      phase: this.#state.phase,
      trouble: this.#state.trouble,
      detail: this.#detail,
      wanted: this.#wanted,
      encoding: this.#encoding,
      devices: this.#devices,
      stream: this.#captured?.stream ?? null,
      pictureOff: this.#pictureOff,
      soundOff: this.#soundOff,
      since: this.#since,
      over: this.#state.over,
    };
  }

  /** Calls `listener` now and whenever something changes, until what it returns is called. */
  listen(listener: (view: View) => void): () => void {
    this.#listeners.add(listener);
    listener(this.view);
    return () => this.#listeners.delete(listener);
  }

  /** Asks for what is wanted, also while it is live. */
  ask(wanted: Partial<Wanted> = {}): void {
    this.#wanted = { ...this.#wanted, ...wanted };
    this.#send({ kind: 'ask' });
  }

  publish(): void {
    this.#send({ kind: 'publish' });
  }

  stop(): void {
    this.#send({ kind: 'stop' });
  }

  /** Size and rate are those of the camera, so it is asked for anew. The codec changes with the next session. */
  encode(change: Partial<Encoding>): void {
    const before = this.#encoding;
    this.#encoding = { ...before, ...change };
    const other = this.#encoding.height !== before.height || this.#encoding.fps !== before.fps;
    if (other && this.#captured !== null && !this.#captured.screen) this.ask();
    void this.#whip?.encode(this.#encoding);
    this.#tell();
  }

  /** Black and silence, with the stream going on. */
  turn(off: { picture?: boolean; sound?: boolean }): void {
    this.#pictureOff = off.picture ?? this.#pictureOff;
    this.#soundOff = off.sound ?? this.#soundOff;
    this.#mute();
    this.#tell();
  }

  /** What was sent since the last call. */
  async sent(): Promise<Sent | null> {
    if (this.#whip === null) return null;
    const now = count(await this.#whip.stats());
    const before = this.#before;
    this.#before = now;
    return before === null ? null : between(before, now);
  }

  /** Ends everything, and lets go of camera and microphone. */
  destroy(): void {
    this.#close();
    this.#release();
    clearTimeout(this.#timer);
    this.#aborter.abort();
    this.#listeners.clear();
  }

  #tell(): void {
    const { view } = this;
    for (const listener of this.#listeners) listener(view);
  }

  #send(event: Event): void {
    if (this.#aborter.signal.aborted) return;
    const { state, commands } = step(this.#state, event);
    this.#state = state;
    if (state.phase === 'live') this.#since ??= new Date();
    else if (state.phase !== 'reconnecting') this.#since = null;
    for (const command of commands) {
      switch (command.do) {
        case 'capture':
          void this.#capture();
          break;
        case 'connect':
          this.#connect();
          break;
        case 'restart':
          void this.#whip?.restart();
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
    void this.#stayAwake();
    this.#tell();
  }

  async #capture(): Promise<void> {
    this.#capturing += 1;
    const capturing = this.#capturing;
    // A phone gives no second camera while it has given the first.
    const { picture } = this.#wanted;
    if (picture !== 'screen' && this.#captured !== null && this.#whip === null) this.#release();
    try {
      const captured = await capture(this.#wanted, this.#encoding);
      if (capturing !== this.#capturing || this.#aborter.signal.aborted) {
        captured.stop();
        return;
      }
      const before = this.#captured;
      this.#captured = captured;
      this.#mute();
      this.#attend(captured);
      await this.#replace(captured.stream);
      before?.stop();
      await this.#list();
      this.#send({ kind: 'captured' });
    } catch (error) {
      this.#detail = String(error);
      if (capturing === this.#capturing) this.#send({ kind: 'trouble', trouble: troubleOf(error) });
    }
  }

  /** Other tracks for the session that there is, or another session where it cannot take them. */
  async #replace(stream: MediaStream): Promise<void> {
    try {
      await this.#whip?.replace(stream);
    } catch {
      this.#connect();
    }
  }

  /** The person may stop sharing in the browser's own bar, or pull a plug. */
  #attend(captured: Captured): void {
    for (const track of captured.stream.getTracks()) {
      track.addEventListener('ended', () => {
        if (captured !== this.#captured) return;
        if (captured.screen && track.kind === 'video') this.ask({ picture: { camera: null } });
        else this.#send({ kind: 'trouble', trouble: 'missing' });
      });
    }
  }

  #mute(): void {
    for (const track of this.#captured?.stream.getTracks() ?? []) {
      track.enabled = track.kind === 'video' ? !this.#pictureOff : !this.#soundOff;
    }
  }

  async #list(): Promise<void> {
    try {
      this.#devices = await devices();
    } catch {
      // Those that there were.
    }
    this.#tell();
  }

  #connect(): void {
    this.#close();
    const stream = this.#captured?.stream;
    if (stream === undefined) return;
    const run = this.#run;
    const send = (event: Event) => {
      if (run === this.#run) this.#send(event);
    };
    this.#whip = new Whip(this.endpoint(), stream, this.#encoding, {
      connected: () => send({ kind: 'connected' }),
      interrupted: () => send({ kind: 'interrupted' }),
      trouble: (trouble, detail) => {
        if (run === this.#run) this.#detail = detail;
        send({ kind: 'trouble', trouble });
      },
    });
    void this.#whip.open();
  }

  #close(): void {
    this.#run += 1;
    this.#before = null;
    this.#whip?.close();
    this.#whip = null;
  }

  #release(): void {
    this.#captured?.stop();
    this.#captured = null;
  }

  /** A phone that falls asleep sends nothing. */
  async #stayAwake(): Promise<void> {
    const on = this.#state.phase === 'live' || this.#state.phase === 'reconnecting';
    try {
      if (!on || document.hidden) {
        await this.#lock?.release();
        this.#lock = null;
      } else if (this.#lock === null || this.#lock.released) {
        this.#lock = await navigator.wakeLock.request('screen');
      }
    } catch {
      // Not here, or not now.
    }
  }
}
