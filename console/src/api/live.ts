// What the server tells, in this tab: kept outside of React, read by hooks.

import { useEffect, useSyncExternalStore } from 'react';

import { at } from './mount';
import { BEAT, Sharing, type Message } from './sharing';
import { reduce, TOPICS, type Topic, type Topics } from './topics';

export interface Live<T extends Topic> {
  /** What is known; `undefined` before the first word. */
  known: Topics[T] | undefined;
  /** When it was told last, in milliseconds; 0 before. */
  at: number;
  /** Whether the server is heard; `undefined` before it is known. */
  connected: boolean | undefined;
}

const CHANNEL = 'sluice-events';
/** Between tries to hear the server again, in milliseconds; doubled each time. */
const RETRY = { first: 1_000, most: 8_000 };
/**
 * `system` is told every second, so a server that says nothing for so long is not heard any more, in milliseconds: where the network
 * goes without a word, the browser waits for minutes.
 */
const SILENCE = 12_000;

class Ear {
  private readonly state: { [T in Topic]?: Live<T> } = {};
  private readonly listeners = new Set<() => void>();
  private readonly wanted = new Map<Topic, number>();
  private readonly after = new Set<(topic: Topic) => void>();
  private connected: boolean | undefined;
  private source: EventSource | undefined;
  private topics: readonly Topic[] = [];
  private retry = RETRY.first;
  /** When the server said something, or was last asked to. */
  private heard = 0;
  /** Ended because the page was left, and not because somebody logged out. */
  private left = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sharing: Sharing | undefined;
  private stop: () => void = () => undefined;

  /** Begins to listen, as soon as somebody is logged in. */
  start() {
    if (this.sharing) return;
    this.left = false;
    const channel = 'BroadcastChannel' in window ? new BroadcastChannel(CHANNEL) : undefined;
    const sharing = new Sharing(
      name(),
      {
        say: (message) => channel?.postMessage(message),
        listen: (topics) => this.listen(topics),
        tell: (topic, event) => this.tell(topic, event),
        status: (connected) => this.setConnected(connected),
      },
      Date.now(),
      channel ? 300 : 0,
    );
    this.sharing = sharing;
    if (channel) channel.onmessage = ({ data }) => sharing.receive(data as Message, Date.now());
    const soon = setTimeout(() => sharing.tick(Date.now()), 320);
    const beat = setInterval(() => {
      sharing.tick(Date.now());
      this.watch();
    }, BEAT);
    const leave = () => {
      this.end();
      this.left = true;
    };
    window.addEventListener('pagehide', leave);
    this.stop = () => {
      window.removeEventListener('pagehide', leave);
      clearTimeout(soon);
      clearInterval(beat);
      sharing.leave();
      channel?.close();
    };
    this.update();
  }

  /** Listens again, in a page that listened when it was left. */
  resume() {
    if (this.left) this.start();
  }

  /** Forgets everything: who logs in next may not see it. */
  end() {
    this.stop();
    this.stop = () => undefined;
    this.sharing = undefined;
    for (const topic of TOPICS) delete this.state[topic];
    this.connected = undefined;
    this.changed();
  }

  read<T extends Topic>(topic: T): Live<T> {
    this.state[topic] ??= { known: undefined, at: 0, connected: this.connected } as never;
    return this.state[topic] as unknown as Live<T>;
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Calls `listener` after each event. */
  onEvent(listener: (topic: Topic) => void) {
    this.after.add(listener);
    return () => void this.after.delete(listener);
  }

  want(topic: Topic) {
    this.wanted.set(topic, (this.wanted.get(topic) ?? 0) + 1);
    this.update();
    return () => {
      this.wanted.set(topic, (this.wanted.get(topic) ?? 1) - 1);
      // A page that is left for another often wants the same.
      setTimeout(() => this.update(), 1_000);
    };
  }

  private update() {
    const topics = TOPICS.filter((topic) => (this.wanted.get(topic) ?? 0) > 0);
    this.sharing?.want(topics);
  }

  private listen(topics: readonly Topic[]) {
    this.topics = topics;
    this.retry = RETRY.first;
    this.open();
  }

  private open() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
    if (this.topics.length === 0) return;
    const source = new EventSource(at(`api/v2/events?topics=${this.topics.join()}`));
    this.source = source;
    this.heard = Date.now();
    for (const topic of this.topics) {
      source.addEventListener(topic, (message) => {
        this.retry = RETRY.first;
        this.heard = Date.now();
        this.sharing?.setConnected(true);
        this.sharing?.heard(topic, JSON.parse((message as MessageEvent<string>).data));
      });
    }
    source.onopen = () => this.sharing?.setConnected(true);
    // Also where the browser would try again by itself: after an answer that is an error it would not.
    source.onerror = () => this.lost(source);
  }

  /** Tries again, after a while. */
  private lost(source: EventSource) {
    source.close();
    if (this.source !== source) return;
    this.source = undefined;
    this.sharing?.setConnected(false);
    this.timer = setTimeout(() => this.open(), this.retry);
    this.retry = Math.min(this.retry * 2, RETRY.most);
  }

  /** Ends a connection over which nothing comes. */
  private watch() {
    if (this.source && this.topics.includes('system') && Date.now() - this.heard > SILENCE) this.lost(this.source);
  }

  private tell<T extends Topic>(topic: T, event: unknown) {
    const known = reduce<T>(topic, this.read(topic).known, event);
    this.state[topic] = { known, at: Date.now(), connected: this.connected } as never;
    this.changed();
    for (const listener of this.after) listener(topic);
  }

  private setConnected(connected: boolean) {
    if (this.connected === connected) return;
    this.connected = connected;
    for (const topic of TOPICS) {
      const live = this.state[topic];
      if (live) this.state[topic] = { ...live, connected } as never;
    }
    this.changed();
  }

  private changed() {
    for (const listener of this.listeners) listener();
  }
}

/** A name of a tab. `crypto.randomUUID` is not there on plain HTTP. */
function name() {
  return [...crypto.getRandomValues(new Uint32Array(2))].map((part) => part.toString(36)).join('');
}

export const ear = new Ear();
// A page that was left and is come back to goes on where it was, but has said goodbye to the other tabs and to the server.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) ear.resume();
});

/** What the server tells of `topic`, as it changes; nothing where `may` is false. */
export function useLive<T extends Topic>(topic: T, may = true): Live<T> {
  useEffect(() => (may ? ear.want(topic) : undefined), [topic, may]);
  return useSyncExternalStore(ear.subscribe, () => ear.read(topic));
}
