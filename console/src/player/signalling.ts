// One WHIP or WHEP session: an offer by POST, candidates and restarts of ICE by PATCH, the end by DELETE.
//
// Source: RFC 9725; draft-ietf-wish-whep.

import { fragment, ice, iceServers, restarted } from './sdp';

/** What the server said no to. */
export class Refused extends Error {
  constructor(
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'Refused';
  }
}

export class Session {
  #resource: string | null = null;
  #tag: string | null = null;
  #found: string[] = [];
  #complete = false;
  /** The server is being told that it is over; the peer waits for that. */
  #ending = false;
  /** PATCHes go one after another: each depends on the tag that the one before left. */
  #patching: Promise<void> = Promise.resolve();
  readonly #aborter = new AbortController();

  /** `url` is the endpoint with whatever lets one in. */
  constructor(
    private readonly peer: RTCPeerConnection,
    private readonly url: string,
  ) {
    peer.addEventListener('icecandidate', ({ candidate }) => this.#gathered(candidate));
  }

  /** Offers what the peer has been given to send and receive, and lets it take the answer, which is returned. Errs with [Refused]. */
  async open(): Promise<string> {
    const offer = await this.peer.createOffer();
    const response = await this.#send('POST', this.url, 'application/sdp', offer.sdp ?? '');
    const location = response.headers.get('location');
    if (location !== null) this.#resource = new URL(location, response.url || this.url).href;
    this.#tag = response.headers.get('etag');
    const answer = await response.text();
    // A session that was closed while the answer was on its way is there on the server all the same.
    if (this.#aborter.signal.aborted) {
      this.close();
      throw new Refused(0, 'closed');
    }
    // Candidates are gathered from here on, so those of servers that the answer names are among them.
    const servers = iceServers(response.headers.get('link'));
    if (servers.length > 0) this.peer.setConfiguration({ ...this.peer.getConfiguration(), iceServers: servers });
    await this.peer.setLocalDescription(offer);
    await this.peer.setRemoteDescription({ type: 'answer', sdp: answer });
    return answer;
  }

  /** Begins ICE anew, as after a change of networks. Errs when the server has no such session any more, or does not do that. */
  async restart(): Promise<void> {
    const { peer } = this;
    const remote = peer.remoteDescription?.sdp;
    if (this.#resource === null || remote === undefined) throw new Refused(0, 'not open');
    await this.#patching;
    const offer = await peer.createOffer({ iceRestart: true });
    const resource = this.#resource;
    const body = fragment(offer.sdp ?? '', [], false);
    const response = await this.#send('PATCH', resource, FRAGMENT, body, { 'if-match': '*' });
    this.#tag = response.headers.get('etag') ?? this.#tag;
    const begun = ice(await response.text());
    if (begun === null) throw new Refused(response.status, 'no restart of ICE');
    this.#found = [];
    this.#complete = false;
    await peer.setLocalDescription(offer);
    await peer.setRemoteDescription({ type: 'answer', sdp: restarted(remote, begun) });
  }

  /**
   * Ends it on the server, also while the page goes away, and then the peer. May be called again.
   *
   * In this order: a peer that is closed says goodbye by DTLS, which is a drop for the server, and what is dropped cannot be ended any more.
   */
  close(): void {
    this.#aborter.abort();
    const resource = this.#resource;
    this.#resource = null;
    if (resource === null) {
      if (!this.#ending) this.peer.close();
      return;
    }
    this.#ending = true;
    fetch(resource, { method: 'DELETE', keepalive: true, credentials: 'omit', signal: AbortSignal.timeout(END_LIMIT) })
      .catch(() => {
        // The server finds out by itself, half a minute later.
      })
      .finally(() => this.peer.close());
  }

  #gathered(candidate: RTCIceCandidate | null): void {
    if (candidate !== null && candidate.candidate !== '') this.#found.push(candidate.candidate);
    else this.#complete = true;
    this.#patching = this.#patching.then(() => this.#trickle());
  }

  /** Tells what was found since. That may fail: the server finds most candidates by hearing from them. */
  async #trickle(): Promise<void> {
    const local = this.peer.localDescription?.sdp;
    if (this.#resource === null || local === undefined || (this.#found.length === 0 && !this.#complete)) return;
    const [found, complete] = [this.#found, this.#complete];
    this.#found = [];
    this.#complete = false;
    const condition: Record<string, string> = this.#tag === null ? {} : { 'if-match': this.#tag };
    try {
      await this.#send('PATCH', this.#resource, FRAGMENT, fragment(local, found, complete), condition);
    } catch {
      // 405 and others: it does not want to know.
    }
  }

  async #send(
    method: string,
    url: string,
    type: string,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    // An offer is not taken back: the session that comes of it could not be ended without the answer.
    const signal = method === 'POST' ? null : this.#aborter.signal;
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        body,
        signal,
        headers: { 'content-type': type, ...headers },
        credentials: 'omit',
      });
    } catch (error) {
      throw new Refused(0, String(error));
    }
    if (!response.ok) {
      const said = await response.text().catch(() => '');
      throw new Refused(response.status, said.trim().slice(0, 200));
    }
    return response;
  }
}

const FRAGMENT = 'application/trickle-ice-sdpfrag';
/** Milliseconds. */
const END_LIMIT = 2_000;
