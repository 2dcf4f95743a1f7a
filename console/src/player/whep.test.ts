import { describe, expect, it } from 'vitest';

import { count, shownAfter } from './whep';

const VIDEO = { type: 'inbound-rtp', kind: 'video', timestamp: 2_000, bytesReceived: 100, packetsReceived: 9, packetsLost: 1 };
const SOUND = { type: 'inbound-rtp', kind: 'audio', timestamp: 2_010, bytesReceived: 20, packetsReceived: 4, packetsLost: 0 };

describe('the figures of WebRTC', () => {
  it('are of picture and sound together', () => {
    expect(count([SOUND, VIDEO])).toMatchObject({ at: 2_010, bytes: 120, received: 13, lost: 1, rtt: null });
  });

  it('say how long a picture takes until it is decoded, or how long it is held where decoding is not counted', () => {
    const held = { jitterBufferDelay: 3, jitterBufferEmittedCount: 60 };
    expect(count([{ ...VIDEO, ...held, totalProcessingDelay: 5, framesDecoded: 50 }])).toMatchObject({ held: 5, emitted: 50, decoded: 50 });
    expect(count([{ ...VIDEO, ...held }])).toMatchObject({ held: 3, emitted: 60, decoded: null });
    expect(count([{ ...SOUND, jitterBufferDelay: 1, jitterBufferEmittedCount: 9 }])).toMatchObject({ held: 1, emitted: 9 });
  });

  it('know the round trip of the path in use alone', () => {
    const pair = { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.02 };
    expect(count([{ ...pair, nominated: false, currentRoundTripTime: 1 }, pair]).rtt).toBe(0.02);
  });

  it('say how long a picture takes from its arrival to the screen, where the browser tells', () => {
    expect(shownAfter({ receiveTime: 1_000, expectedDisplayTime: 1_042 })).toBeCloseTo(0.042);
    expect(shownAfter({ receiveTime: 1_000, expectedDisplayTime: 990 })).toBe(0);
    expect(shownAfter({ expectedDisplayTime: 1_042 })).toBeNull();
    expect(shownAfter({ receiveTime: 0, expectedDisplayTime: 1_042 })).toBeNull();
  });
});
