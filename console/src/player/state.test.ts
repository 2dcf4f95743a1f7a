import { describe, expect, it } from 'vitest';

import { INITIAL, step, type Command, type Event, type State } from './state';

/** Drives the machine, and keeps what it wants done. */
class Drive {
  state: State = INITIAL;
  commands: Command[] = [];

  constructor(private readonly spread = 0.5) {}

  send(...events: Event[]): this {
    for (const event of events) {
      const { state, commands } = step(this.state, event, this.spread);
      this.state = state;
      this.commands = commands;
    }
    return this;
  }

  get opened(): string | undefined {
    return this.commands.flatMap((command) => (command.do === 'open' ? [command.way] : []))[0];
  }

  get looks(): boolean {
    return this.commands.some((command) => command.do === 'look');
  }

  get closes(): boolean {
    return this.commands.some((command) => command.do === 'close');
  }

  get timer(): number | null | undefined {
    return this.commands.flatMap((command) => (command.do === 'timer' ? [command.after] : [])).at(-1);
  }
}

const FOUND: Event = { kind: 'found', ways: ['whep', 'll-hls', 'flv'] };
const trouble = (trouble: NonNullable<State['trouble']>): Event => ({ kind: 'trouble', trouble });
const PLAY: Event = { kind: 'play' };
const PROGRESS: Event = { kind: 'progress' };
const TIMER: Event = { kind: 'timer' };

const playing = () => new Drive().send(PLAY, FOUND, PROGRESS);

describe('the player', () => {
  it('looks for the stream first, and opens the best way', () => {
    const drive = new Drive().send(PLAY);
    expect([drive.state.phase, drive.looks]).toEqual(['connecting', true]);
    drive.send(FOUND);
    expect([drive.state.phase, drive.opened, drive.timer]).toEqual(['connecting', 'whep', 7_000]);
    drive.send(PROGRESS);
    expect([drive.state.phase, drive.state.way, drive.timer]).toEqual(['playing', 'whep', null]);
  });

  it.each(['network', 'absent', 'media', 'slow', 'unsupported', 'silent'] as const)('falls back after %s', (what) => {
    const drive = new Drive().send(PLAY, FOUND, trouble(what));
    expect([drive.opened, drive.state.phase]).toEqual(['ll-hls', 'connecting']);
  });

  it('falls back when nothing comes in time', () => {
    expect(new Drive().send(PLAY, FOUND, TIMER).opened).toBe('ll-hls');
  });

  it('begins anew, later each time, when no way has worked', () => {
    const drive = new Drive().send(PLAY, FOUND);
    const waits: unknown[] = [];
    for (let round = 0; round < 7; round += 1) {
      drive.send(trouble('network'), trouble('network'), trouble('network'));
      expect([drive.state.phase, drive.closes]).toEqual(['reconnecting', true]);
      waits.push(drive.timer);
      drive.send(TIMER);
      expect(drive.looks).toBe(true);
      drive.send(FOUND);
      expect(drive.opened).toBe('whep');
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
  });

  it('spreads viewers who come back', () => {
    const after = (spread: number) => new Drive(spread).send(PLAY, FOUND, PROGRESS, trouble('network')).timer;
    expect([after(0), after(0.999)]).toEqual([375, 625]);
  });

  it('does not try again what this browser does not play', () => {
    const drive = new Drive().send(PLAY, FOUND, trouble('unsupported'), trouble('network'), trouble('network'));
    expect(drive.state.phase).toBe('reconnecting');
    expect(drive.send(TIMER, FOUND).opened).toBe('ll-hls');
    drive.send(trouble('unsupported'), trouble('unsupported'));
    expect([drive.state.phase, drive.state.trouble]).toEqual(['failed', 'unsupported']);
  });

  it('fails at once without a pass', () => {
    expect(new Drive().send(PLAY, trouble('refused')).state.phase).toBe('failed');
    const drive = new Drive().send(PLAY, FOUND, trouble('refused'));
    expect([drive.state.phase, drive.closes, drive.timer]).toEqual(['failed', true, null]);
  });

  it('comes back to what has played before it tries others', () => {
    const drive = new Drive().send(PLAY, FOUND, trouble('network'), PROGRESS, trouble('network'));
    expect([drive.state.phase, drive.closes, drive.timer]).toEqual(['reconnecting', true, 500]);
    drive.send(TIMER, FOUND);
    expect([drive.state.phase, drive.opened]).toEqual(['reconnecting', 'll-hls']);
    expect(drive.send(trouble('network')).opened).toBe('whep');
  });

  it('keeps to what the viewer has chosen', () => {
    const drive = playing().send({ kind: 'choose', way: 'flv' });
    expect([drive.state.phase, drive.looks, drive.closes]).toEqual(['connecting', true, true]);
    drive.send(FOUND);
    expect(drive.opened).toBe('flv');
    drive.send(trouble('network'));
    expect([drive.state.phase, drive.opened]).toEqual(['reconnecting', undefined]);
    drive.send(TIMER, FOUND, PROGRESS);
    expect([drive.state.phase, drive.state.way]).toEqual(['playing', 'flv']);
    drive.send({ kind: 'choose', way: null }, FOUND);
    expect(drive.opened).toBe('whep');
  });

  it('gives up a choice that does not work', () => {
    const blocked = playing().send({ kind: 'choose', way: 'flv' }, FOUND, TIMER, TIMER, FOUND);
    expect([blocked.opened, blocked.state.choice]).toEqual(['flv', 'flv']);
    blocked.send(TIMER);
    expect([blocked.opened, blocked.state.choice]).toEqual(['whep', null]);
    const unfit = new Drive().send({ kind: 'choose', way: 'flv' }, PLAY, FOUND, trouble('unsupported'));
    expect([unfit.opened, unfit.state.choice]).toEqual(['whep', null]);
  });

  it('plays a chosen way without sound, and another of itself with it', () => {
    const chosen = playing().send({ kind: 'choose', way: 'ts' }, { kind: 'choose', way: 'whep' }, FOUND, trouble('silent'));
    expect([chosen.state.phase, chosen.state.way, chosen.commands]).toEqual(['connecting', 'whep', []]);
  });

  it('leaves a choice that the stream no longer has', () => {
    const drive = playing().send({ kind: 'choose', way: 'ts' }, FOUND);
    expect(drive.opened).toBe('whep');
  });

  it('asks the server when the picture stands still for long', () => {
    const drive = playing().send({ kind: 'stall' });
    expect([drive.state.phase, drive.timer]).toEqual(['stalled', 6_000]);
    expect(drive.send(PROGRESS).state.phase).toBe('playing');
    drive.send({ kind: 'stall' }, TIMER);
    expect([drive.state.phase, drive.looks, drive.closes]).toEqual(['reconnecting', true, true]);
    expect(drive.send(trouble('absent')).state.phase).toBe('ended');
  });

  it('waits for a stream that has ended, and for one that has not begun', () => {
    const drive = playing().send({ kind: 'end' });
    expect([drive.state.phase, drive.state.trouble, drive.closes, drive.timer]).toEqual(['ended', 'absent', true, 4_000]);
    drive.send(TIMER);
    expect([drive.state.phase, drive.looks]).toEqual(['ended', true]);
    drive.send(trouble('absent'));
    expect([drive.state.phase, drive.timer]).toEqual(['ended', 4_000]);
    drive.send(TIMER, FOUND);
    expect([drive.state.phase, drive.opened]).toEqual(['connecting', 'whep']);
    const early = new Drive().send(PLAY, trouble('absent'));
    expect([early.state.phase, early.state.played]).toEqual(['ended', false]);
  });

  it('connects again to a server that has gone', () => {
    const drive = playing().send(trouble('network'));
    const waits: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      drive.send(TIMER, trouble('network'));
      waits.push(drive.timer);
    }
    expect([drive.state.phase, drive.state.played, waits]).toEqual(['reconnecting', true, [1000, 2000, 4000]]);
    drive.send(TIMER, TIMER);
    expect([drive.state.task, drive.state.trouble]).toEqual(['waiting', 'slow']);
  });

  it('is idle until tapped where the browser plays nothing by itself', () => {
    const drive = new Drive().send(PLAY, FOUND, trouble('blocked'));
    expect([drive.state.phase, drive.state.trouble, drive.closes]).toEqual(['idle', 'blocked', true]);
    expect(drive.send(PLAY).state.phase).toBe('connecting');
  });

  it('hears nothing from what is closed', () => {
    const drive = playing().send({ kind: 'stop' });
    expect([drive.state.phase, drive.closes, drive.timer]).toEqual(['idle', true, null]);
    for (const event of [PROGRESS, FOUND, TIMER, trouble('network'), { kind: 'end' }, { kind: 'stall' }] satisfies Event[]) {
      drive.send(event);
      expect([drive.state.phase, drive.commands]).toEqual(['idle', []]);
    }
  });

  it('stops at the end of what has one', () => {
    const drive = playing().send({ kind: 'finish' });
    expect([drive.state.phase, drive.state.trouble, drive.timer]).toEqual(['ended', null, null]);
  });
});
