// WebRTC by WHEP: the lowest latency there is.

import { type Engine, type Figures, type Task, troubleOf } from './engine';
import { takes } from './sdp';
import { Refused, Session } from './signalling';

export class WhepEngine implements Engine {
  readonly #peer: RTCPeerConnection;
  readonly #session: Session;
  readonly #stream = new MediaStream();
  #closed = false;
  #lost: ReturnType<typeof setTimeout> | undefined;
  #before: Counted | null = null;
  /** Seconds between the last packet of a picture and its being shown, and from there until it was decoded. */
  #shown: number | null = null;
  #decoded: number | null = null;
  #rtt = 0;

  constructor(private readonly task: Task) {
    this.#peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.#session = new Session(this.#peer, task.source.url);
  }

  async open(): Promise<void> {
    const { video, tracks, report } = this.task;
    const peer = this.#peer;
    for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
    peer.addEventListener('track', ({ track }) => this.#stream.addTrack(track));
    peer.addEventListener('connectionstatechange', () => this.#changed());
    try {
      const answer = await this.#session.open();
      if (this.#closed) return;
      const has = (kind: string) => tracks === null || tracks.some((track) => track.kind === kind);
      if (has('video') && tracks !== null && !takes(answer, 'video')) {
        report({ kind: 'trouble', trouble: 'unsupported', detail: 'no picture' });
        return;
      }
      if (has('audio') && tracks !== null && !takes(answer, 'audio')) {
        report({ kind: 'trouble', trouble: 'silent', detail: 'no sound' });
      }
      if (!this.#closed) video.srcObject = this.#stream;
    } catch (error) {
      if (this.#closed) return;
      // An answer that the browser does not take is as good as none.
      const trouble = error instanceof Refused ? troubleOf(error.status) : 'unsupported';
      report({ kind: 'trouble', trouble, detail: String(error) });
    }
  }

  /** A change of networks is mended without the viewer noticing much; what is not mended in time is another connection. */
  #changed(): void {
    const { report } = this.task;
    clearTimeout(this.#lost);
    switch (this.#peer.connectionState) {
      case 'disconnected':
        this.#lost = setTimeout(() => {
          this.#session.restart().catch((error: unknown) => this.#over(String(error)));
          this.#lost = setTimeout(() => this.#over('ICE restart'), RESTART_LIMIT);
        }, PATIENCE);
        break;
      case 'failed':
        this.#over('connection failed');
        break;
      case 'closed':
        // The other end has said goodbye.
        if (!this.#closed) report({ kind: 'end' });
        break;
      default:
        break;
    }
  }

  #over(detail: string): void {
    if (!this.#closed) this.task.report({ kind: 'trouble', trouble: 'network', detail });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#lost);
    this.#session.close();
    this.task.video.srcObject = null;
  }

  /**
   * From the server to the screen: half a round trip, and what is counted here. Sender reports cannot tell more, as their clock is any
   * (RFC 3550 §6.4.1).
   */
  latency(): number | null {
    const here = this.#shown ?? this.#decoded;
    return here === null ? null : here + this.#rtt / 2;
  }

  async figures(): Promise<Figures> {
    if (this.#closed) return {};
    this.task.video.requestVideoFrameCallback?.((_, frame) => (this.#shown = shownAfter(frame)));
    const now = count(await this.#peer.getStats());
    const before = this.#before;
    this.#before = now;
    const figures: Figures = {};
    if (now.rtt !== null) figures.rtt = this.#rtt = now.rtt;
    if (now.fps !== null) figures.fps = now.fps;
    if (now.decoded !== null) figures.decoded = now.decoded;
    if (now.dropped !== null) figures.dropped = now.dropped;
    if (before === null || now.at <= before.at) return figures;
    figures.bandwidth = ((now.bytes - before.bytes) * 8_000) / (now.at - before.at);
    const [received, lost] = [now.received - before.received, now.lost - before.lost];
    figures.loss = received + lost > 0 ? Math.max(0, lost) / (received + Math.max(0, lost)) : 0;
    const emitted = now.emitted - before.emitted;
    if (emitted > 0) this.#decoded = (now.held - before.held) / emitted;
    return figures;
  }
}

/** Seconds from the arrival of a picture until it is on the screen; `null` where the browser does not tell. */
export function shownAfter({ receiveTime, expectedDisplayTime }: Pick<VideoFrameCallbackMetadata, 'receiveTime' | 'expectedDisplayTime'>): number | null {
  return receiveTime === undefined || receiveTime <= 0 ? null : Math.max(0, expectedDisplayTime - receiveTime) / 1_000;
}

/** What a report of the peer has counted until then. */
export interface Counted {
  /** Milliseconds. */
  at: number;
  bytes: number;
  received: number;
  lost: number;
  /** Seconds that all pictures together took from their first packet until they were decoded, and how many they were. */
  held: number;
  emitted: number;
  rtt: number | null;
  fps: number | null;
  decoded: number | null;
  dropped: number | null;
}

export function count(report: { forEach: (each: (entry: unknown) => void) => void }): Counted {
  const sum: Counted = {
    at: 0,
    bytes: 0,
    received: 0,
    lost: 0,
    held: 0,
    emitted: 0,
    rtt: null,
    fps: null,
    decoded: null,
    dropped: null,
  };
  report.forEach((each) => {
    const entry = each as Record<string, unknown>;
    const number = (name: string) => (typeof entry[name] === 'number' ? entry[name] : null);
    if (entry.type === 'inbound-rtp') {
      sum.at = Math.max(sum.at, number('timestamp') ?? 0);
      sum.bytes += number('bytesReceived') ?? 0;
      sum.received += number('packetsReceived') ?? 0;
      sum.lost += number('packetsLost') ?? 0;
      const processing = number('totalProcessingDelay');
      const decoded = number('framesDecoded');
      if (entry.kind === 'video' && processing !== null && decoded !== null) {
        [sum.held, sum.emitted] = [processing, decoded];
      } else if (entry.kind === 'video' || sum.emitted === 0) {
        // Not every browser counts decoding.
        sum.held = number('jitterBufferDelay') ?? 0;
        sum.emitted = number('jitterBufferEmittedCount') ?? 0;
      }
      if (entry.kind === 'video') {
        sum.fps = number('framesPerSecond');
        sum.decoded = decoded;
        sum.dropped = number('framesDropped');
      }
    }
    if (entry.type === 'candidate-pair' && entry.nominated === true && entry.state === 'succeeded') {
      sum.rtt = number('currentRoundTripTime') ?? sum.rtt;
    }
  });
  return sum;
}

// Milliseconds.
const PATIENCE = 1_500;
const RESTART_LIMIT = 6_000;
