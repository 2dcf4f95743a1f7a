// What is sent, out of two reports of the peer.

/** Counted until then. */
export interface Counted {
  /** Milliseconds. */
  at: number;
  bytes: number;
  packets: number;
  lost: number;
  retransmitted: number;
  width: number;
  height: number;
  fps: number | null;
  codec: string;
  /** Seconds. */
  rtt: number | null;
  /** Why the picture is worse than asked for: `cpu`, `bandwidth`; else empty. */
  limited: string;
}

export interface Sent {
  /** Bits a second. */
  bitrate: number;
  width: number;
  height: number;
  fps: number | null;
  codec: string;
  rtt: number | null;
  /** A share of the packets. */
  loss: number;
  limited: string;
}

export function count(report: { forEach: (each: (entry: unknown) => void) => void }): Counted {
  const entries: Record<string, unknown>[] = [];
  report.forEach((entry) => entries.push(entry as Record<string, unknown>));
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const of = (type: string) => entries.filter((entry) => entry.type === type);
  const out = of('outbound-rtp');
  const video = out.find((entry) => entry.kind === 'video');
  const sum = (list: Record<string, unknown>[], name: string) => list.reduce((all, entry) => all + (number(entry[name]) ?? 0), 0);
  const pair = of('candidate-pair').find((entry) => entry.nominated === true && entry.state === 'succeeded');
  const remote = of('remote-inbound-rtp');
  const codec = entries.find((entry) => entry.type === 'codec' && entry.id === video?.codecId);
  const reason = text(video?.qualityLimitationReason);
  return {
    at: Math.max(0, ...out.map((entry) => number(entry.timestamp) ?? 0)),
    bytes: sum(out, 'bytesSent'),
    packets: sum(out, 'packetsSent'),
    lost: sum(remote, 'packetsLost'),
    retransmitted: sum(out, 'retransmittedPacketsSent'),
    width: number(video?.frameWidth) ?? 0,
    height: number(video?.frameHeight) ?? 0,
    fps: number(video?.framesPerSecond),
    codec: text(codec?.mimeType).replace(/^.*\//, ''),
    rtt: number(pair?.currentRoundTripTime),
    limited: reason === 'none' ? '' : reason,
  };
}

/** `null` where no time has passed between the two. */
export function between(before: Counted, now: Counted): Sent | null {
  const time = (now.at - before.at) / 1000;
  if (time <= 0) return null;
  const { width, height, fps, codec, rtt, limited } = now;
  const packets = now.packets - before.packets;
  const loss = packets > 0 ? Math.min(1, Math.max(0, now.lost - before.lost) / packets) : 0;
  return { bitrate: ((now.bytes - before.bytes) * 8) / time, width, height, fps, codec, rtt, loss, limited };
}
