// Sends a stream by WHIP.

import { Refused, Session } from '../player/signalling';
import { ordered, suitable, type Encoding } from './encoding';
import type { Trouble } from './state';

export interface Report {
  connected: () => void;
  interrupted: () => void;
  trouble: (trouble: Trouble, detail: string) => void;
}

export class Whip {
  readonly #peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  readonly #session: Session;
  readonly #senders = new Map<string, RTCRtpSender>();
  #closed = false;

  constructor(
    url: string,
    stream: MediaStream,
    private encoding: Encoding,
    private readonly report: Report,
  ) {
    this.#session = new Session(this.#peer, url);
    for (const kind of ['video', 'audio'] as const) {
      const [track] = stream.getTracks().filter((track) => track.kind === kind);
      if (track === undefined) continue;
      const transceiver = this.#peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      this.#senders.set(kind, transceiver.sender);
      if (kind !== 'video') continue;
      const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
      if ('setCodecPreferences' in transceiver) transceiver.setCodecPreferences(ordered(codecs, encoding.codec));
    }
    this.#peer.addEventListener('connectionstatechange', () => this.#changed());
  }

  async open(): Promise<void> {
    try {
      await this.#session.open();
      await this.#limit();
    } catch (error) {
      if (!this.#closed) this.report.trouble(error instanceof Refused ? troubleOf(error.status) : 'unsupported', String(error));
    }
  }

  async restart(): Promise<void> {
    try {
      await this.#session.restart();
    } catch (error) {
      if (!this.#closed) this.report.trouble('network', String(error));
    }
  }

  /** Other tracks, without a new session. A kind that was not offered cannot be added: errs. */
  async replace(stream: MediaStream): Promise<void> {
    const kinds = new Set([...this.#senders.keys(), ...stream.getTracks().map(({ kind }) => kind)]);
    for (const kind of kinds) {
      const sender = this.#senders.get(kind);
      if (sender === undefined) throw new Error(`no ${kind} was offered`);
      await sender.replaceTrack(stream.getTracks().find((track) => track.kind === kind) ?? null);
    }
    await this.#limit();
  }

  /** Other bits and rates, at once. Size is the camera's, the codec that of the next session. */
  async encode(encoding: Encoding): Promise<void> {
    this.encoding = encoding;
    await this.#limit();
  }

  async #limit(): Promise<void> {
    const sender = this.#senders.get('video');
    const track = sender?.track;
    if (sender === undefined || !track) return;
    const parameters = sender.getParameters();
    const { fps, bitrate } = this.encoding;
    for (const each of parameters.encodings) {
      each.maxBitrate = (bitrate ?? suitable(this.encoding)) * 1000;
      each.maxFramerate = fps;
    }
    // Letters on a screen must stay legible; people may get blurred for a moment, but must not stutter.
    parameters.degradationPreference = track.contentHint === 'detail' ? 'maintain-resolution' : 'maintain-framerate';
    await sender.setParameters(parameters).catch(() => {
      // Not every browser takes all of it.
    });
  }

  #changed(): void {
    if (this.#closed) return;
    switch (this.#peer.connectionState) {
      case 'connected':
        this.report.connected();
        break;
      case 'disconnected':
        this.report.interrupted();
        break;
      case 'failed':
      case 'closed':
        this.report.trouble('network', 'connection lost');
        break;
      default:
        break;
    }
  }

  stats(): Promise<RTCStatsReport> {
    return this.#peer.getStats();
  }

  /** Also tells the server, even while the page goes away. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Nothing more is sent from here on, while the server is being told.
    for (const sender of this.#senders.values()) void sender.replaceTrack(null).catch(() => {});
    this.#session.close();
  }
}

function troubleOf(status: number): Trouble {
  switch (status) {
    case 401:
    case 403:
      return 'refused';
    case 409:
      return 'taken';
    case 400:
    case 404:
    case 405:
    case 406:
    case 415:
      return 'unsupported';
    default:
      return 'network';
  }
}
