import { describe, expect, it } from 'vitest';

import { addressOf, endpointOf, kindOf, sourceOf, type Kind } from './addresses';

const PAGE = 'http://example.org:2022';
const at = (path: string, base = PAGE) => new URL(path, base);
const address = (kind: Kind, query: string, base = PAGE) => addressOf(kind, at(`/players/x.html${query}`, base));

describe('the pages of Oryx', () => {
  it('are known by name', () => {
    expect(kindOf('/players/srs_player.html')).toBe('flv');
    expect(kindOf('/sub/players/whip.html')).toBe('whip');
    expect(kindOf('/tools/xgplayer.html')).toBe('url');
    expect(kindOf('/tools/whip.html')).toBeNull();
    expect(kindOf('/players/none.html')).toBeNull();
  });

  it('play any address they are given', () => {
    expect(address('url', '?url=http%3A%2F%2Fcdn.example.com%2Flive%2Fa.m3u8%3Fk%3Dv')).toBe('http://cdn.example.com/live/a.m3u8?k=v');
    expect(address('flv', '?url=https://x/a.flv&stream=b')).toBe('https://x/a.flv');
    expect(address('url', '')).toBe('');
  });

  it('make FLV addresses as SRS does, on the port of the page', () => {
    expect(address('flv', '')).toBe('http://example.org:2022/live/livestream.flv');
    expect(address('flv', '?schema=https&port=443&autostart=true&app=live&stream=cam.m3u8')).toBe('https://example.org/live/cam.m3u8');
    expect(address('flv', '?server=10.0.0.1&port=8080&vhost=v.com&secret=a%26b')).toBe(
      'http://10.0.0.1:8080/live/livestream.flv?vhost=v.com&secret=a%26b',
    );
    expect(address('flv', '?vhost=__defaultVhost__')).toBe('http://example.org:2022/live/livestream.flv');
    expect(address('flv', '?app=terraform/v1/hooks/dvr/hls&stream=u-u.m3u8')).toBe('http://example.org:2022/terraform/v1/hooks/dvr/hls/u-u.m3u8');
  });

  it('make WHIP and WHEP addresses, with the key and the candidate', () => {
    expect(address('whip', '?schema=http&port=2022&api=2022&autostart=true&stream=cam&secret=s')).toBe(
      'http://example.org:2022/rtc/v1/whip/?app=live&stream=cam&secret=s',
    );
    expect(address('whep', '?eip=1.2.3.4', 'https://example.org')).toBe('https://example.org/rtc/v1/whep/?app=live&stream=livestream&eip=1.2.3.4');
    expect(address('whep', '?server=10.0.0.1&vhost=10.0.0.1&api=1985&path=/w/')).toBe('http://10.0.0.1:1985/w/?app=live&stream=livestream');
  });

  it('make webrtc addresses, also with a target', () => {
    expect(address('rtc-play', '?stream=cam&schema=http')).toBe('webrtc://example.org:2022/live/cam');
    expect(address('rtc-publish', '?target=1.2.3.4&stream=cam')).toBe('webrtc://1.2.3.4/live/cam?eip=1.2.3.4');
    expect(address('rtc-play', '?schema=https&api=443')).toBe('webrtc://example.org:443/live/livestream?schema=https');
  });
});

describe('an address', () => {
  it('is played by what it says', () => {
    expect(sourceOf('http://x/live/a.flv', at('/'))).toEqual({ way: 'flv', url: 'http://x/live/a.flv' });
    expect(sourceOf('http://x/live/a', at('/'))).toEqual({ way: 'flv', url: 'http://x/live/a.flv' });
    expect(sourceOf('/live/a.m3u8', at('/'))).toEqual({ way: 'hls', url: `${PAGE}/live/a.m3u8` });
    expect(sourceOf('https://x/rtc/v1/whep/?app=live&stream=a', at('/'))?.way).toBe('whep');
    expect(sourceOf('http://x/record/a.mp4', at('/'))?.way).toBe('file');
  });

  it('of WebRTC becomes an endpoint', () => {
    const webrtc = 'webrtc://example.org/live/eu/cam%201?eip=1.2.3.4';
    expect(sourceOf(webrtc, at('/'))).toEqual({
      way: 'whep',
      url: 'http://example.org:2022/rtc/v1/whep/?app=live%2Feu&stream=cam+1&eip=1.2.3.4',
    });
    expect(endpointOf('webrtc://h:1990/live/a?schema=https&secret=s', at('/'))).toBe('https://h:1990/rtc/v1/whip/?app=live&stream=a&secret=s');
    expect(endpointOf('https://h/rtc/v1/whip/?app=live&stream=a', at('/'))).toBe('https://h/rtc/v1/whip/?app=live&stream=a');
  });

  it('is read whatever stands in it', () => {
    expect(sourceOf('webrtc://h/live/100%', at('/'))?.url).toBe('http://h/rtc/v1/whep/?app=live&stream=100%25');
  });

  it('that runs or reads something else is none', () => {
    for (const bad of ['', ' ', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'rtmp://x/live/a', 'http://']) {
      expect([bad, sourceOf(bad, at('/')), endpointOf(bad, at('/'))]).toEqual([bad, null, null]);
    }
  });
});
