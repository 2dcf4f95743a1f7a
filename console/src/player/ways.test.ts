import { describe, expect, it } from 'vitest';

import { playable, wayOf, type Abilities, type Source, type Track, type Way } from './ways';

const ALL: Way[] = ['ws-flv', 'hls', 'flv', 'll-hls', 'whep', 'ts'];
const sources: Source[] = ALL.map((way) => ({ way, url: `http://x/${way}` }));
const CHROMIUM: Abilities = {
  webrtc: true,
  mse: (type) => !type.includes('hvc1'),
  nativeHls: false,
  receives: new Set(['h264', 'vp8', 'vp9', 'av1', 'opus', 'pcmu', 'pcma']),
};
const H264: Track = { kind: 'video', codec: 'h264', parameters: 'avc1.64001f' };
const AAC: Track = { kind: 'audio', codec: 'aac', parameters: 'mp4a.40.2' };
const ways = (tracks: Track[] | null, can: Abilities = CHROMIUM) => playable(sources, tracks, can).map(({ way }) => way);

describe('ways to watch', () => {
  it('come in the order of latency', () => {
    expect(ways([H264, AAC])).toEqual(['whep', 'll-hls', 'hls', 'flv', 'ws-flv', 'ts']);
    expect(ways(null)).toEqual(['whep', 'll-hls', 'hls', 'flv', 'ws-flv', 'ts']);
  });

  it('that lose the picture come after those that lose the sound, and those after the others', () => {
    const av1: Track = { kind: 'video', codec: 'av1', parameters: 'av01.0.04M.08' };
    expect(ways([av1, AAC])).toEqual(['whep', 'll-hls', 'flv', 'ws-flv', 'hls', 'ts']);
    const flac: Track = { kind: 'audio', codec: 'flac', parameters: 'flac' };
    expect(ways([H264, flac])).toEqual(['ll-hls', 'flv', 'ws-flv', 'whep', 'hls', 'ts']);
  });

  it('that play nothing of it are left out', () => {
    const vp8: Track = { kind: 'video', codec: 'vp8' };
    expect(ways([vp8])).toEqual(['whep']);
    const h265: Track = { kind: 'video', codec: 'h265', parameters: 'hvc1.1.6.L93.B0' };
    expect(ways([h265])).toEqual([]);
    expect(ways([h265, AAC])).toEqual(['whep', 'll-hls', 'hls', 'flv', 'ws-flv', 'ts']);
  });

  it('need what the browser has', () => {
    const iphone: Abilities = { webrtc: true, mse: null, nativeHls: true, receives: null };
    expect(ways([H264, AAC], iphone)).toEqual(['whep', 'll-hls', 'hls']);
    expect(ways([H264, AAC], { ...CHROMIUM, webrtc: false })[0]).toBe('ll-hls');
  });

  it('are known by their addresses', () => {
    const of = (address: string) => wayOf(new URL(address));
    expect(of('http://x/live/a.flv?k=v')).toBe('flv');
    expect(of('wss://x/live/a.flv')).toBe('ws-flv');
    expect(of('http://x/live/a.M3U8')).toBe('hls');
    expect(of('http://x/live/a.m3u8?variant=ll')).toBe('ll-hls');
    expect(of('http://x/live/a.ts')).toBe('ts');
    expect(of('https://x/rtc/v1/whep/?app=live')).toBe('whep');
    expect(of('https://x/a/index.mp4')).toBe('file');
  });
});
