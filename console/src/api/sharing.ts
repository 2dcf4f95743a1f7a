// One connection for all tabs of a browser: HTTP/1.1 has few. Tabs talk over a channel; one of them leads, listens to the server and
// passes on what it hears. (Locks, which would elect a leader, are not there on plain HTTP.)

import { reduce, snapshot, type Topic, type Topics } from './topics';

/** What a tab does with the world; another one in tests. */
export interface World {
  /** Says something to the other tabs. */
  say(message: Message): void;
  /** Opens the server's events of these topics, instead of those before; none closes them. */
  listen(topics: readonly Topic[]): void;
  /** Tells the tab itself. */
  tell(topic: Topic, event: unknown): void;
  /** Tells the tab itself whether the server is heard, as soon as that is known. */
  status(connected: boolean): void;
}

export type Message =
  | { kind: 'here'; from: string; topics: readonly Topic[]; fresh: readonly Topic[] }
  | { kind: 'leads'; from: string; connected: boolean | undefined }
  | { kind: 'event'; from: string; topic: Topic; event: unknown }
  | { kind: 'gone'; from: string };

/** How often a tab says that it is there. */
export const BEAT = 2_000;
/** Who says nothing for so long is gone. Browsers let timers of hidden tabs run once a second, later once a minute. */
const PATIENCE = 7_000;
const PATIENCE_WITH_FOLLOWERS = 130_000;

/** What one tab knows of the others. Time is an argument, in milliseconds. */
export class Sharing {
  private leader: { id: string; at: number } | undefined;
  private leading = false;
  private left = false;
  /** `undefined` before it is known: a first attempt that fails is news as well. */
  private connected: boolean | undefined;
  private topics: readonly Topic[] = [];
  private readonly others = new Map<string, { topics: readonly Topic[]; at: number }>();
  private listening: readonly Topic[] = [];
  private readonly known: { [T in Topic]?: Topics[T] } = {};
  private readonly since: number;

  constructor(
    private readonly id: string,
    private readonly world: World,
    now: number,
    /** How long to wait for a leader at first. */
    private readonly first = 300,
  ) {
    this.since = now;
    world.say({ kind: 'here', from: id, topics: [], fresh: [] });
  }

  get leads() {
    return this.leading;
  }

  /** What this tab wants to hear from now on. */
  want(topics: readonly Topic[]) {
    const fresh = topics.filter((topic) => !this.topics.includes(topic));
    this.topics = topics;
    if (this.leading) {
      for (const topic of fresh) this.repeat(topic, (event) => this.world.tell(topic, event));
      this.relisten();
    } else {
      this.world.say({ kind: 'here', from: this.id, topics, fresh });
    }
  }

  /** To be called every `BEAT` and, at first, sooner. */
  tick(now: number) {
    if (this.leading) {
      for (const [id, other] of this.others) if (now - other.at > PATIENCE_WITH_FOLLOWERS) this.others.delete(id);
      this.world.say({ kind: 'leads', from: this.id, connected: this.connected });
      this.relisten();
      return;
    }
    this.world.say({ kind: 'here', from: this.id, topics: this.topics, fresh: [] });
    const waited = this.leader ? now - this.leader.at > PATIENCE : now - this.since >= this.first;
    if (waited) this.lead();
  }

  receive(message: Message, now: number) {
    if (this.left || message.from === this.id) return;
    switch (message.kind) {
      case 'here':
        this.others.set(message.from, { topics: message.topics, at: now });
        if (!this.leading) break;
        this.world.say({ kind: 'leads', from: this.id, connected: this.connected });
        for (const topic of message.fresh) this.repeat(topic, (event) => this.world.say({ kind: 'event', from: this.id, topic, event }));
        this.relisten();
        break;
      case 'leads':
        // Of two, the one whose name comes first stays.
        if (this.leading && this.id < message.from) {
          this.world.say({ kind: 'leads', from: this.id, connected: this.connected });
          break;
        }
        if (this.leading) {
          this.leading = false;
          this.listening = [];
          this.world.listen([]);
        }
        this.follow(message.from, now);
        if (message.connected !== undefined) this.world.status(message.connected);
        break;
      case 'event':
        if (this.leading) break;
        if (this.leader?.id === message.from) this.leader.at = now;
        // Kept for the case that this tab has to lead.
        this.keep(message.topic, message.event);
        if (this.topics.includes(message.topic)) this.world.tell(message.topic, message.event);
        break;
      case 'gone':
        this.others.delete(message.from);
        if (this.leader?.id === message.from) this.lead();
        else this.relisten();
        break;
    }
  }

  /** The server said something to this tab, which leads. */
  heard(topic: Topic, event: unknown) {
    if (!this.leading) return;
    this.keep(topic, event);
    this.world.say({ kind: 'event', from: this.id, topic, event });
    if (this.topics.includes(topic)) this.world.tell(topic, event);
  }

  /** Whether the server is heard. */
  setConnected(connected: boolean) {
    if (!this.leading || this.connected === connected) return;
    this.connected = connected;
    this.world.say({ kind: 'leads', from: this.id, connected });
    this.world.status(connected);
  }

  /** This tab goes. */
  leave() {
    this.left = true;
    this.leading = false;
    this.world.say({ kind: 'gone', from: this.id });
    this.world.listen([]);
  }

  private lead() {
    this.leading = true;
    this.leader = undefined;
    this.connected = undefined;
    this.world.say({ kind: 'leads', from: this.id, connected: undefined });
    this.relisten();
  }

  /** Whom to hear from now on. Known before it is told, for it answers with the same word. */
  private follow(leader: string, now: number) {
    const before = this.leader?.id;
    this.leader = { id: leader, at: now };
    if (before !== leader) this.world.say({ kind: 'here', from: this.id, topics: this.topics, fresh: this.topics });
  }

  private relisten() {
    if (!this.leading) return;
    const wanted = [...new Set([...this.topics, ...[...this.others.values()].flatMap((other) => other.topics)])].sort();
    if (wanted.join() === this.listening.join()) return;
    this.listening = wanted;
    this.world.listen(wanted);
  }

  private keep<T extends Topic>(topic: T, event: unknown) {
    this.known[topic] = reduce<T>(topic, this.known[topic] as Topics[T] | undefined, event) as never;
  }

  private repeat(topic: Topic, tell: (event: unknown) => void) {
    const known = this.known[topic];
    if (known && this.listening.includes(topic)) tell(snapshot(topic, known));
  }
}
