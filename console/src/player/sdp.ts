// What WHIP and WHEP put into headers and fragments beside the offer and the answer. Pure text.
//
// Sources: RFC 9725 (WHIP) §4.3 to §4.6; RFC 8840 (trickle ICE, `application/trickle-ice-sdpfrag`); RFC 8288 (Link).

/** ICE servers out of a `Link` header, all of them in one as browsers join repeated headers. */
export function iceServers(link: string | null): RTCIceServer[] {
  return split(link ?? '', ',').flatMap((entry) => {
    const [target = '', ...pairs] = split(entry, ';');
    const url = /^<(.*)>$/.exec(target)?.[1];
    const parameters = new Map(
      pairs.map((pair) => {
        const at = pair.indexOf('=');
        const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
        return [name.trim().toLowerCase(), unquoted(value.trim())];
      }),
    );
    if (url === undefined || !/^(stun|turn)s?:/.test(url) || parameters.get('rel') !== 'ice-server') return [];
    const username = parameters.get('username');
    const credential = parameters.get('credential');
    return [username === undefined || credential === undefined ? { urls: url } : { urls: url, username, credential }];
  });
}

/** Splits where `separator` stands outside quotes and angle brackets. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let inside = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted && character === '\\') {
      part += character + text.charAt(at + 1);
      at += 1;
      continue;
    }
    if (character === '"' && !inside) quoted = !quoted;
    if (!quoted && (character === '<' || character === '>')) inside = character === '<';
    if (character === separator && !quoted && !inside) {
      parts.push(part.trim());
      part = '';
    } else {
      part += character;
    }
  }
  parts.push(part.trim());
  return parts.filter((text) => text !== '');
}

function unquoted(value: string): string {
  return value.startsWith('"') && value.endsWith('"') && value.length > 1
    ? value.slice(1, -1).replace(/\\(.)/g, '$1')
    : value;
}

/** The beginning of ICE that a description tells: of its first medium, as all are bundled. */
export interface Ice {
  ufrag: string;
  password: string;
  /** Lines without `a=`. */
  candidates: string[];
}

export function ice(text: string): Ice | null {
  const attribute = (name: string) => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(text)?.[1];
  const [ufrag, password] = [attribute('ice-ufrag'), attribute('ice-pwd')];
  if (ufrag === undefined || password === undefined) return null;
  const candidates = [...text.matchAll(/^a=(candidate:[^\r\n]*)/gm)].map((match) => match[1] ?? '');
  return { ufrag, password, candidates };
}

/** The body of a PATCH: candidates found since the offer `description`, or, with none, a new beginning of ICE. */
export function fragment(description: string, candidates: readonly string[], complete: boolean): string {
  const { ufrag, password } = ice(description) ?? { ufrag: '', password: '' };
  const media = /^m=.*/m.exec(description)?.[0] ?? 'm=audio 9 UDP/TLS/RTP/SAVPF 0';
  const mid = /^a=mid:(.*)/m.exec(description)?.[1]?.trim() ?? '0';
  const lines = [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`, media.trim(), `a=mid:${mid}`];
  lines.push(...candidates.map((candidate) => `a=${candidate}`));
  if (complete) lines.push('a=end-of-candidates');
  return lines.join('\r\n') + '\r\n';
}

/** `description` with another beginning of ICE, as a server tells it in answer to a restart. */
export function restarted(description: string, begun: Ice): string {
  const lines = description.split(/\r?\n/).filter((line) => line !== '');
  const kept = lines.filter((line) => !/^a=(candidate:|end-of-candidates|remote-candidates)/.test(line));
  let first = true;
  return (
    kept
      .flatMap((line) => {
        if (line.startsWith('a=ice-ufrag:')) return [`a=ice-ufrag:${begun.ufrag}`];
        if (!line.startsWith('a=ice-pwd:')) return [line];
        const candidates = first ? begun.candidates.map((candidate) => `a=${candidate}`) : [];
        first = false;
        return [`a=ice-pwd:${begun.password}`, ...candidates];
      })
      .join('\r\n') + '\r\n'
  );
}

/** Whether the answer takes a medium of that kind: neither refused nor silent. */
export function takes(answer: string, kind: 'audio' | 'video'): boolean {
  const sections = answer.split(/^(?=m=)/m).slice(1);
  return sections.some((section) => {
    const port = new RegExp(`^m=${kind} (\\d+)`).exec(section)?.[1];
    return port !== undefined && port !== '0' && !/^a=inactive\s*$/m.test(section);
  });
}
