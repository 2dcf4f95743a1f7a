// The player's states, as a pure machine: events in, the next state and what is to be done out. It knows no element, no network and
// no clock; who drives it (`player.ts`) opens and closes what it says, and tells it when the time it asked for has passed.

import type { Way } from './ways';

/** What the viewer sees. */
export type Phase = 'idle' | 'connecting' | 'playing' | 'stalled' | 'reconnecting' | 'failed' | 'ended';

/** Why it does not play. */
export type Trouble =
  /** This browser does not play it, that way or any. */
  | 'unsupported'
  /** The way does not carry the sound that the stream has. */
  | 'silent'
  /** A pass is asked for, or it does not hold. */
  | 'refused'
  /** Nobody publishes. */
  | 'absent'
  /** The browser plays nothing before a tap. */
  | 'blocked'
  | 'network'
  | 'media'
  /** Nothing came in time. */
  | 'slow';

export interface State {
  phase: Phase;
  /** What it waits for: the server's word on the stream, a first picture, or the time to pass. */
  task: 'none' | 'looking' | 'opening' | 'waiting';
  /** In use, or tried last. */
  way: Way | null;
  /** What the viewer has chosen, as long as it works; `null` leaves it to the player. */
  choice: Way | null;
  /** What there is, the best first. */
  ways: readonly Way[];
  /** Ways that do not play here, whatever happens. */
  unfit: readonly Way[];
  /** Ways that have failed since something was last seen. */
  tried: readonly Way[];
  /** Attempts in a row that came to nothing. */
  failures: number;
  /** Something was seen since the viewer pressed play. */
  played: boolean;
  trouble: Trouble | null;
}

export type Event =
  | { kind: 'play' }
  | { kind: 'stop' }
  /** The viewer wants that way, or leaves it to the player. */
  | { kind: 'choose'; way: Way | null }
  /** The server's word: the stream is live, and can be had in these ways. */
  | { kind: 'found'; ways: readonly Way[] }
  /** Pictures or sound go on. */
  | { kind: 'progress' }
  /** They do not. */
  | { kind: 'stall' }
  | { kind: 'trouble'; trouble: Trouble }
  /** The stream is over, as far as the way tells. */
  | { kind: 'end' }
  /** What was played had a last picture, and it was shown. */
  | { kind: 'finish' }
  /** The time asked for has passed. */
  | { kind: 'timer' };

export type Command =
  /** Ask the server whether the stream is live. */
  | { do: 'look' }
  /** Close what is open, and open that. */
  | { do: 'open'; way: Way }
  | { do: 'close' }
  /** Send `timer` after so many milliseconds; there is one timer, and `null` stops it. */
  | { do: 'timer'; after: number | null };

export interface Step {
  state: State;
  commands: Command[];
}

export const INITIAL: State = {
  phase: 'idle',
  task: 'none',
  way: null,
  choice: null,
  ways: [],
  unfit: [],
  tried: [],
  failures: 0,
  played: false,
  trouble: null,
};

/** One step. `spread` is a random number in [0, 1): viewers of a server that restarts do not come back all at once. */
export function step(state: State, event: Event, spread: number): Step {
  switch (event.kind) {
    case 'play':
      return look({ ...state, phase: 'connecting', tried: [], unfit: [], failures: 0, played: false, trouble: null });
    case 'stop':
      return { state: { ...state, phase: 'idle', task: 'none', trouble: null }, commands: [CLOSE, STOP_TIMER] };
    case 'choose':
      return choose(state, event.way);
    case 'found':
      return state.task === 'looking' ? open({ ...state, ways: event.ways }, spread) : stay(state);
    case 'progress':
      return progress(state);
    case 'stall':
      if (state.phase !== 'playing') return stay(state);
      return { state: { ...state, phase: 'stalled' }, commands: [timer(STALL_LIMIT)] };
    case 'trouble':
      return trouble(state, event.trouble, spread);
    case 'end':
      return isOpen(state) ? ended(state, spread) : stay(state);
    case 'finish':
      if (!isOpen(state)) return stay(state);
      return { state: { ...state, phase: 'ended', task: 'none', trouble: null }, commands: [STOP_TIMER] };
    case 'timer':
      return elapsed(state, spread);
  }
}

/** Whether something is open, and its events count. */
function isOpen(state: State): boolean {
  return state.task === 'opening' || state.phase === 'playing' || state.phase === 'stalled';
}

function choose(state: State, way: Way | null): Step {
  const next = { ...state, choice: way, tried: [], unfit: [], failures: 0 };
  if (state.phase === 'idle' || way === state.way) return stay(next);
  return look({ ...next, way: null, phase: 'connecting', trouble: null }, [CLOSE]);
}

function look(state: State, before: Command[] = []): Step {
  return { state: { ...state, task: 'looking' }, commands: [...before, { do: 'look' }, timer(LOOK_LIMIT)] };
}

/** Opens the best way that is left. */
function open(state: State, spread: number): Step {
  const fit = state.ways.filter((way) => !state.unfit.includes(way));
  const { choice } = state;
  if (choice !== null && fit.includes(choice)) return opening(state, choice);
  if (fit.length === 0) return failed(state, 'unsupported');
  const left = fit.filter((way) => !state.tried.includes(way));
  // What has played before is what plays again.
  const next = left.find((way) => way === state.way && state.played) ?? left[0];
  return next === undefined ? wait({ ...state, tried: [] }, state.trouble ?? 'network', spread) : opening(state, next);
}

function opening(state: State, way: Way): Step {
  const phase = state.phase === 'ended' || state.phase === 'idle' ? 'connecting' : state.phase;
  const commands: Command[] = [{ do: 'open', way }, timer(OPEN_LIMIT[way])];
  return { state: { ...state, phase, task: 'opening', way }, commands };
}

function progress(state: State): Step {
  if (!isOpen(state)) return stay(state);
  const next: State = {
    ...state,
    phase: 'playing',
    task: 'none',
    tried: [],
    failures: 0,
    played: true,
    trouble: null,
  };
  return { state: next, commands: state.phase === 'playing' ? [] : [STOP_TIMER] };
}

function trouble(state: State, what: Trouble, spread: number): Step {
  if (state.task === 'looking') {
    switch (what) {
      case 'absent':
        return ended(state, spread);
      case 'refused':
      case 'unsupported':
        return failed(state, what);
      default:
        return wait(state, what, spread);
    }
  }
  if (!isOpen(state) || state.way === null) return stay(state);
  if (what === 'refused') return failed(state, what);
  if (what === 'blocked') {
    return { state: { ...state, phase: 'idle', task: 'none', trouble: what }, commands: [CLOSE, STOP_TIMER] };
  }
  if (what === 'unsupported' || what === 'silent') {
    // Who has chosen it may have it without sound.
    if (what === 'silent' && state.choice === state.way) return stay(state);
    return open({ ...state, choice: null, unfit: [...state.unfit, state.way], trouble: what }, spread);
  }
  if (state.phase === 'playing' || state.phase === 'stalled') {
    // A way that has worked is worth another attempt: not yet tried.
    return wait({ ...state, failures: 0 }, what, spread);
  }
  // What the viewer has chosen gets a second chance; then they are better served by a way that works.
  if (state.choice !== null && state.failures === 0) return wait(state, what, spread);
  return open({ ...state, choice: null, tried: [...state.tried, state.way], trouble: what }, spread);
}

function elapsed(state: State, spread: number): Step {
  switch (state.task) {
    case 'waiting':
      return look(state);
    case 'looking':
      return wait(state, 'slow', spread);
    case 'opening':
      return trouble(state, 'slow', spread);
    case 'none':
      // Is the stream over, or the way to it broken? The server knows.
      return state.phase === 'stalled' ? look({ ...state, phase: 'reconnecting', trouble: 'slow' }, [CLOSE]) : stay(state);
  }
}

/** Tries again after a while, longer each time. */
function wait(state: State, what: Trouble, spread: number): Step {
  const after = Math.min(RETRY_FIRST * 2 ** state.failures, RETRY_MOST) * (0.75 + spread / 2);
  const next: State = { ...state, phase: 'reconnecting', task: 'waiting', failures: state.failures + 1, trouble: what };
  return { state: next, commands: [CLOSE, timer(after)] };
}

/** Nobody publishes: looks every few seconds whether somebody does. */
function ended(state: State, spread: number): Step {
  const after = LOOK_AGAIN * (0.75 + spread / 2);
  const next: State = { ...state, phase: 'ended', task: 'waiting', tried: [], failures: 0, trouble: 'absent' };
  return { state: next, commands: [CLOSE, timer(after)] };
}

function failed(state: State, what: Trouble): Step {
  return { state: { ...state, phase: 'failed', task: 'none', trouble: what }, commands: [CLOSE, STOP_TIMER] };
}

function stay(state: State): Step {
  return { state, commands: [] };
}

function timer(after: number): Command {
  return { do: 'timer', after: Math.round(after) };
}

const CLOSE: Command = { do: 'close' };
const STOP_TIMER: Command = { do: 'timer', after: null };

// All in milliseconds.
const LOOK_LIMIT = 8_000;
const LOOK_AGAIN = 4_000;
const STALL_LIMIT = 6_000;
const RETRY_FIRST = 500;
const RETRY_MOST = 15_000;
/** WebRTC that needs longer is blocked on the way. A playlist may have to wait for its first segment, which has ten seconds and more. */
const OPEN_LIMIT: Record<Way, number> = {
  whep: 7_000,
  'll-hls': 15_000,
  hls: 25_000,
  flv: 10_000,
  'ws-flv': 10_000,
  ts: 10_000,
  'ws-ts': 10_000,
  file: 15_000,
};
