import { describe, expect, it } from 'vitest';

import { fragment, ice, iceServers, restarted, takes } from './sdp';

const SDP = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789012345678901',
  'a=candidate:1 1 udp 2130706431 192.0.2.1 8000 typ host',
  'a=end-of-candidates',
  'a=sendonly',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789012345678901',
  'a=inactive',
  '',
].join('\r\n');

describe('ICE servers of a Link header', () => {
  it('are read with credentials, quotes and commas in them', () => {
    const link =
      '<stun:stun.example.org>; rel="ice-server", <turn:turn.example.org?transport=udp>; rel="ice-server"; ' +
      'username="me, myself; I"; credential="a\\"b\\\\c"; credential-type="password"';
    expect(iceServers(link)).toEqual([
      { urls: 'stun:stun.example.org' },
      { urls: 'turn:turn.example.org?transport=udp', username: 'me, myself; I', credential: 'a"b\\c' },
    ]);
  });

  it('are no other links', () => {
    expect(iceServers(null)).toEqual([]);
    expect(iceServers('<https://example.org>; rel="ice-server", <stun:a>; rel="next", nonsense, <stun:b')).toEqual([]);
  });
});

describe('a fragment', () => {
  it('names the first medium, the credentials and what was found', () => {
    expect(fragment(SDP, ['candidate:2 1 udp 1 192.0.2.2 9 typ host'], true)).toBe(
      [
        'a=ice-ufrag:abcd',
        'a=ice-pwd:0123456789012345678901',
        'm=audio 9 UDP/TLS/RTP/SAVPF 111',
        'a=mid:0',
        'a=candidate:2 1 udp 1 192.0.2.2 9 typ host',
        'a=end-of-candidates',
        '',
      ].join('\r\n'),
    );
  });
});

describe('a restart', () => {
  it('changes the credentials everywhere and the candidates, and nothing else', () => {
    const begun = ice('a=ice-ufrag:new\r\na=ice-pwd:pass\r\na=candidate:9 1 udp 5 192.0.2.9 8000 typ host\r\n');
    expect(begun).not.toBeNull();
    if (begun === null) return;
    const lines = restarted(SDP, begun).split('\r\n');
    expect(lines.filter((line) => line === 'a=ice-ufrag:new')).toHaveLength(2);
    expect(lines.filter((line) => line === 'a=ice-pwd:pass')).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('a=candidate'))).toEqual(['a=candidate:9 1 udp 5 192.0.2.9 8000 typ host']);
    expect(lines.filter((line) => line.startsWith('m='))).toHaveLength(2);
    expect(lines.at(-1)).toBe('');
  });

  it('is none without credentials', () => {
    expect(ice('a=candidate:1 1 udp 5 192.0.2.9 8000 typ host')).toBeNull();
  });
});

describe('an answer', () => {
  it('takes a medium that is neither refused nor inactive', () => {
    expect([takes(SDP, 'audio'), takes(SDP, 'video')]).toEqual([true, false]);
    expect(takes(SDP.replace('m=audio 9', 'm=audio 0'), 'audio')).toBe(false);
    expect(takes('v=0\r\n', 'audio')).toBe(false);
  });
});
