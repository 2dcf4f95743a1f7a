import { describe, expect, it } from 'vitest';

import { INITIAL, step, type Command, type Event, type State, type Trouble } from './state';

function drive(...events: Event[]): { state: State; commands: Command[] } {
  return events.reduce((before, event) => step(before.state, event), { state: INITIAL, commands: [] as Command[] });
}

const ASK: Event = { kind: 'ask' };
const CAPTURED: Event = { kind: 'captured' };
const PUBLISH: Event = { kind: 'publish' };
const CONNECTED: Event = { kind: 'connected' };
const TIMER: Event = { kind: 'timer' };
const trouble = (trouble: Trouble): Event => ({ kind: 'trouble', trouble });
const LIVE = [ASK, CAPTURED, PUBLISH, CONNECTED];
const does = (commands: Command[]) => commands.map((command) => command.do);

describe('the publisher', () => {
  it('shows a preview before anything is sent', () => {
    expect(drive(ASK).state.phase).toBe('asking');
    const ready = drive(ASK, CAPTURED);
    expect([ready.state.phase, ready.commands]).toEqual(['ready', []]);
    expect(drive(PUBLISH).state.phase).toBe('idle');
    expect(does(drive(ASK, CAPTURED, PUBLISH).commands)).toEqual(['connect', 'timer']);
    expect(drive(...LIVE).state).toMatchObject({ phase: 'live', wanted: true });
  });

  it.each(['insecure', 'denied', 'missing', 'occupied'] as const)('says %s, and can be asked again', (what) => {
    const refused = drive(ASK, trouble(what));
    expect(refused.state).toMatchObject({ phase: 'idle', trouble: what });
    expect(drive(ASK, trouble(what), ASK, CAPTURED).state).toMatchObject({ phase: 'ready', trouble: null });
  });

  it('is to be asked again when a plug was pulled before anything was sent', () => {
    expect(drive(ASK, CAPTURED, trouble('missing')).state).toMatchObject({ phase: 'idle', trouble: 'missing' });
  });

  it('stays live when another device does not come', () => {
    expect(drive(...LIVE, ASK, trouble('missing')).state).toMatchObject({ phase: 'live', trouble: 'missing' });
    expect(drive(...LIVE, ASK, CAPTURED).state).toMatchObject({ phase: 'live', trouble: null });
  });

  it.each(['refused', 'taken', 'unsupported', 'network'] as const)('does not insist after %s at the first attempt', (what) => {
    const { state, commands } = drive(ASK, CAPTURED, PUBLISH, trouble(what));
    expect(state).toMatchObject({ phase: 'ready', trouble: what, wanted: false });
    expect(does(commands)).toEqual(['close', 'timer']);
  });

  it('mends an interruption by a restart of ICE, and else by another session', () => {
    const interrupted = [...LIVE, { kind: 'interrupted' } satisfies Event];
    expect(does(drive(...interrupted).commands)).toEqual(['timer']);
    expect(drive(...interrupted, CONNECTED).state.phase).toBe('live');
    expect(does(drive(...interrupted, TIMER).commands)).toEqual(['restart', 'timer']);
    expect(drive(...interrupted, TIMER, CONNECTED).state.phase).toBe('live');
    expect(does(drive(...interrupted, TIMER, trouble('network')).commands)).toEqual(['connect', 'timer']);
    expect(does(drive(...interrupted, TIMER, TIMER).commands)).toEqual(['connect', 'timer']);
  });

  it('goes on trying once it was live, also while the server holds the place of before', () => {
    const events: Event[] = [...LIVE, trouble('network')];
    const waits: unknown[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { state, commands } = drive(...events);
      expect([state.phase, state.task]).toEqual(['reconnecting', 'waiting']);
      waits.push(commands.flatMap((command) => (command.do === 'timer' ? [command.after] : []))[0]);
      events.push(TIMER, trouble('taken'));
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 15000, 15000]);
    expect(drive(...events, TIMER, CONNECTED).state).toMatchObject({ phase: 'live', failures: 0 });
    expect(drive(...events, TIMER, trouble('refused')).state).toMatchObject({ phase: 'ready', wanted: false });
  });

  it('keeps the preview after a stop, and connects no more', () => {
    const { state, commands } = drive(...LIVE, { kind: 'stop' });
    expect([state.phase, state.wanted, state.over, does(commands)]).toEqual(['ready', false, true, ['close', 'timer']]);
    expect(drive(...LIVE, { kind: 'stop' }, PUBLISH).state.over).toBe(false);
    expect(drive(ASK, CAPTURED, PUBLISH, { kind: 'stop' }).state.over).toBe(false);
    expect(drive(...LIVE, { kind: 'stop' }, CONNECTED).state.phase).toBe('ready');
    expect(drive(...LIVE, { kind: 'stop' }, TIMER).commands).toEqual([]);
  });
});
