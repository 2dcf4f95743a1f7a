import { describe, expect, it } from 'vitest';

import { between, count } from './figures';

const report = (at: number, bytes: number, packets: number, lost: number) => [
  { type: 'outbound-rtp', kind: 'video', timestamp: at, bytesSent: bytes, packetsSent: packets, codecId: 'c', frameWidth: 1280, frameHeight: 720, framesPerSecond: 30, qualityLimitationReason: 'bandwidth' },
  { type: 'outbound-rtp', kind: 'audio', timestamp: at, bytesSent: 1000, packetsSent: 10, codecId: 'o' },
  { type: 'codec', id: 'c', mimeType: 'video/H264' },
  { type: 'codec', id: 'o', mimeType: 'audio/opus' },
  { type: 'remote-inbound-rtp', kind: 'video', packetsLost: lost },
  { type: 'candidate-pair', nominated: false, state: 'succeeded', currentRoundTripTime: 9 },
  { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.02 },
];

describe('figures of what is sent', () => {
  it('are of the time between two reports', () => {
    const sent = between(count(report(1000, 0, 0, 0)), count(report(3000, 500_000, 400, 4)));
    expect(sent).toEqual({ bitrate: 2_000_000, width: 1280, height: 720, fps: 30, codec: 'H264', rtt: 0.02, loss: 0.01, limited: 'bandwidth' });
  });

  it('are none without time, and count nothing of nothing', () => {
    expect(between(count(report(1, 2, 3, 4)), count(report(1, 2, 3, 4)))).toBeNull();
    expect(count([])).toMatchObject({ at: 0, bytes: 0, fps: null, rtt: null, codec: '', limited: '' });
  });
});
