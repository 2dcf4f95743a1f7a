import { expect, test } from 'vitest';

import { BEAT, Sharing, type Message } from './sharing';
import type { Topic } from './topics';

/** Some tabs of one browser, and a clock that the test moves. */
class Browser {
  now = 0;
  readonly tabs = new Map<string, Tab>();
  private readonly underway: [from: string, message: Message][] = [];
  private delivering = false;

  open(id: string) {
    const tab: Tab = { listening: [], told: [], connected: undefined, sharing: undefined as never };
    this.tabs.set(id, tab);
    tab.sharing = new Sharing(
      id,
      {
        say: (message) => this.deliver(id, message),
        listen: (topics) => void (tab.listening = topics),
        tell: (topic, event) => void tab.told.push([topic, event]),
        status: (connected) => void (tab.connected = connected),
      },
      this.now,
    );
    return tab;
  }

  /** One after the other, as a channel does: who answers is heard when the word has reached everybody. */
  private deliver(from: string, message: Message) {
    this.underway.push([from, message]);
    if (this.delivering) return;
    this.delivering = true;
    let sent = 0;
    for (let next = this.underway.shift(); next; next = this.underway.shift()) {
      if ((sent += 1) > 100) throw new Error('the tabs never stop talking');
      for (const [id, tab] of this.tabs) if (id !== next[0]) tab.sharing?.receive(structuredClone(next[1]), this.now);
    }
    this.delivering = false;
  }

  pass(milliseconds: number) {
    const end = this.now + milliseconds;
    while (this.now < end) {
      this.now = Math.min(end, this.now + BEAT);
      for (const tab of this.tabs.values()) tab.sharing.tick(this.now);
    }
  }

  crash(id: string) {
    this.tabs.delete(id);
  }

  leaders() {
    return [...this.tabs].filter(([, tab]) => tab.sharing.leads).map(([id]) => id);
  }
}

interface Tab {
  sharing: Sharing;
  listening: readonly Topic[];
  told: [Topic, unknown][];
  connected: boolean | undefined;
}

function two() {
  const browser = new Browser();
  const a = browser.open('a');
  a.sharing.want(['system']);
  browser.pass(BEAT);
  const b = browser.open('b');
  b.sharing.want(['streams', 'system']);
  browser.pass(BEAT);
  return { browser, a, b };
}

test('the first tab leads, and listens to what all of them want', () => {
  const { browser, a, b } = two();
  expect(browser.leaders()).toEqual(['a']);
  expect([a.listening, b.listening]).toEqual([['streams', 'system'], []]);
});

test('what the leader hears comes to every tab that wants it', () => {
  const { a, b } = two();
  a.sharing.heard('streams', { snapshot: true, items: [{ id: 'live/a' }] });
  expect([a.told, b.told]).toEqual([[], [['streams', { snapshot: true, items: [{ id: 'live/a' }] }]]]);
});

test('a tab that comes later is told all that is known', () => {
  const { browser, a } = two();
  a.sharing.heard('streams', { snapshot: true, items: [{ id: 'live/a' }] });
  a.sharing.heard('streams', { changed: [{ id: 'live/b' }], gone: [] });
  const c = browser.open('c');
  c.sharing.want(['streams']);
  browser.pass(BEAT);
  const items = c.told.flatMap(([, event]) => (event as { items: { id: string }[] }).items.map(({ id }) => id));
  expect(items).toEqual(expect.arrayContaining(['live/a', 'live/b']));
  expect(c.listening).toEqual([]);
});

test('another leads at once when the leader says that it goes', () => {
  const { browser, a, b } = two();
  a.sharing.leave();
  browser.crash('a');
  expect(browser.leaders()).toEqual(['b']);
  expect(b.listening).toEqual(['streams', 'system']);
});

test('another leads after a while when the leader is silent', () => {
  const { browser } = two();
  browser.crash('a');
  browser.pass(20_000);
  expect(browser.leaders()).toEqual(['b']);
});

test('of two leaders one stays, and the other stops listening', () => {
  const { browser, a, b } = two();
  browser.crash('a');
  browser.pass(20_000);
  // It had only been asleep.
  browser.tabs.set('a', a);
  browser.pass(2 * BEAT);
  expect(browser.leaders()).toEqual(['a']);
  expect(b.listening).toEqual([]);
});

test('whether the server is heard is known everywhere', () => {
  const { a, b } = two();
  a.sharing.setConnected(true);
  expect([a.connected, b.connected]).toEqual([true, true]);
  a.sharing.setConnected(false);
  expect([a.connected, b.connected]).toEqual([false, false]);
});

test('topics that nobody wants any more are not listened to', () => {
  const { browser, a, b } = two();
  b.sharing.want([]);
  browser.pass(BEAT);
  expect(a.listening).toEqual(['system']);
});

test('a server that was never heard is told as gone, in every tab', () => {
  const { a, b } = two();
  expect([a.connected, b.connected]).toEqual([undefined, undefined]);
  a.sharing.setConnected(false);
  expect([a.connected, b.connected]).toEqual([false, false]);
});

test('who leads after another says nothing of the connection before it has tried', () => {
  const { browser, a, b } = two();
  a.sharing.setConnected(true);
  a.sharing.leave();
  browser.crash('a');
  browser.pass(BEAT);
  expect(b.connected).toBe(true);
  b.sharing.setConnected(false);
  expect(b.connected).toBe(false);
});
