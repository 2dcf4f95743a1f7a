// The parameters of Oryx's and SRS's player pages, as bookmarks, shortcodes and other people's scripts use them. Pure.
//
// Source: the pages of Oryx 5.15 (`/players/*.html`, `/tools/*.html`) and what they make of their query.

import { wayOf, type Source } from '../player/ways';
import { decoded } from './place';

/** What a page does. */
export type Kind = 'flv' | 'whep' | 'whip' | 'rtc-play' | 'rtc-publish' | 'url';

/** The kind of the page at `path`; `null` for one that there is not. */
export function kindOf(path: string): Kind | null {
  const [folder, name] = path.split('/').slice(-2);
  if (folder === 'tools') return name === 'player.html' || name === 'xgplayer.html' ? 'url' : null;
  switch (name) {
    case 'srs_player.html':
      return 'flv';
    case 'whep.html':
      return 'whep';
    case 'whip.html':
      return 'whip';
    case 'rtc_player.html':
      return 'rtc-play';
    case 'rtc_publisher.html':
      return 'rtc-publish';
    default:
      return null;
  }
}

/**
 * What stands in the page's address field to begin with. `url` is taken as it is; else it is made of `schema`, `server`, `port` or
 * `api`, `vhost`, `app`, `stream` and `path`, and whatever else is there goes into its query, as `secret` and `eip` do.
 *
 * Where no port is named, SRS's pages took those of SRS (8080, 1985). Here all of it is on the port of the page.
 */
export function addressOf(kind: Kind, page: URL): string {
  const query = page.searchParams;
  const given = (name: string) => query.get(name) || null;
  const whole = given('url');
  if (whole !== null || kind === 'url') return whole ?? '';
  const target = kind === 'rtc-play' || kind === 'rtc-publish' ? given('target') : null;
  const server = target ?? given('server') ?? page.hostname;
  const vhost = target ?? given('vhost') ?? page.hostname;
  const app = given('app') ?? 'live';
  const rest = new URLSearchParams();
  if (server !== vhost && vhost !== '__defaultVhost__') rest.set('vhost', vhost);
  for (const [name, value] of query) if (!TAKEN.has(name) && value !== '') rest.set(name, value);
  if (target !== null) rest.set('eip', target);
  const own = server === page.hostname ? page.port : '';
  if (kind === 'flv') {
    const schema = given('schema') ?? page.protocol.slice(0, -1);
    const port = given('port') ?? own;
    const stream = given('stream') ?? 'livestream.flv';
    return `${schema}://${server}${colon(port, schema)}/${app}/${stream}${questioned(rest)}`;
  }
  const stream = given('stream') ?? 'livestream';
  const api = given('api') ?? given('port') ?? own;
  const schema = given('schema') ?? page.protocol.slice(0, -1);
  if (kind === 'whep' || kind === 'whip') {
    const all = new URLSearchParams({ app, stream });
    for (const [name, value] of rest) all.set(name, value);
    const path = given('path') ?? `/rtc/v1/${kind}/`;
    return `${schema}://${server}${colon(api, schema)}${path}${questioned(all)}`;
  }
  if (`${schema}:` !== page.protocol) rest.set('schema', schema);
  return `webrtc://${server}${colon(api, 'webrtc')}/${app}/${stream}${questioned(rest)}`;
}

/** What to ask for `address`: one source, or `null` for what is no address that pages may ask for. */
export function sourceOf(address: string, page: URL): Source | null {
  const parsed = parse(address, page);
  if (parsed === null) return null;
  const { url, webrtc } = parsed;
  if (webrtc) return { way: 'whep', url: endpoint(url, 'whep', page) };
  const way = url.pathname.includes('.') || wayOf(url) === 'whep' ? wayOf(url) : 'flv';
  // A name without a suffix is a stream; FLV is how SRS's page played it.
  if (way === 'flv' && !url.pathname.endsWith('.flv')) url.pathname += '.flv';
  return { way, url: url.href };
}

/** The WHIP endpoint for `address`. */
export function endpointOf(address: string, page: URL): string | null {
  const parsed = parse(address, page);
  if (parsed === null || !parsed.url.protocol.startsWith('http')) return null;
  return parsed.webrtc ? endpoint(parsed.url, 'whip', page) : parsed.url.href;
}

/** `webrtc://host[:api]/app/stream?…`, as WHIP or WHEP. */
function endpoint(url: URL, way: 'whip' | 'whep', page: URL): string {
  const schema = url.searchParams.get('schema') ?? page.protocol.slice(0, -1);
  const own = url.hostname === page.hostname ? page.port : '';
  const [app, stream] = split(url.pathname);
  const query = new URLSearchParams({ app, stream });
  for (const [name, value] of url.searchParams) if (name !== 'schema') query.set(name, value);
  return `${schema}://${url.hostname}${colon(url.port || own, schema)}/rtc/v1/${way}/?${query.toString()}`;
}

function split(path: string): [string, string] {
  const names = path.split('/').filter((name) => name !== '').map(decoded);
  const stream = names.pop() ?? 'livestream';
  return [names.length > 0 ? names.join('/') : 'live', stream];
}

/** Browsers find no host in an address whose scheme they do not know, so `webrtc` is read as if it were `http`. */
function parse(address: string, page: URL): { url: URL; webrtc: boolean } | null {
  const text = address.trim();
  const webrtc = text.startsWith('webrtc://');
  try {
    const url = new URL(webrtc ? text.replace(/^webrtc/, 'http') : text, page);
    return text !== '' && PLAYED.has(url.protocol) ? { url, webrtc } : null;
  } catch {
    return null;
  }
}

function colon(port: string, schema: string): string {
  return port === '' || DEFAULTS[schema] === port ? '' : `:${port}`;
}

function questioned(query: URLSearchParams): string {
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

const DEFAULTS: Record<string, string> = { http: '80', https: '443', ws: '80', wss: '443' };
const PLAYED = new Set(['http:', 'https:', 'ws:', 'wss:']);
/** What says where; all else belongs to the stream. */
const TAKEN = new Set([
  'url',
  'app',
  'autostart',
  'dir',
  'filename',
  'host',
  'hostname',
  'http_port',
  'pathname',
  'port',
  'server',
  'stream',
  'buffer',
  'schema',
  'vhost',
  'api',
  'path',
  'target',
  'lng',
  'lang',
]);
