// The publisher's states, as a pure machine like the player's: events in, the next state and what is to be done out.

export type Phase =
  | 'idle'
  /** The browser asks the person for camera and microphone. */
  | 'asking'
  /** They see themselves, and nobody else does. */
  | 'ready'
  | 'connecting'
  | 'live'
  | 'reconnecting';

/** What went wrong, in a way that words can be found for. */
export type Trouble =
  /** The page came by plain HTTP: browsers give it no camera. */
  | 'insecure'
  /** The browser cannot publish at all. */
  | 'incapable'
  /** The person, or the system, has said no. */
  | 'denied'
  /** There is no such device. */
  | 'missing'
  /** Another program has it. */
  | 'occupied'
  | 'capture'
  /** The key or the invitation does not hold. */
  | 'refused'
  /** Somebody else publishes the stream. */
  | 'taken'
  /** The server has no WebRTC, or takes none of the codecs. */
  | 'unsupported'
  | 'network';

export interface State {
  phase: Phase;
  /** It has been live, and is to be again. */
  wanted: boolean;
  /** Attempts in a row that came to nothing. */
  failures: number;
  /** What it waits for while it is not live. */
  task: 'none' | 'patience' | 'restarting' | 'connecting' | 'waiting';
  trouble: Trouble | null;
  /** It was live, and is not any more. */
  over: boolean;
}

export type Event =
  /** Get camera and microphone, or the screen, anew. */
  | { kind: 'ask' }
  | { kind: 'captured' }
  | { kind: 'publish' }
  | { kind: 'connected' }
  /** The connection is interrupted; it may mend itself. */
  | { kind: 'interrupted' }
  | { kind: 'trouble'; trouble: Trouble }
  | { kind: 'stop' }
  | { kind: 'timer' };

export type Command =
  | { do: 'capture' }
  /** Ends what there is, and offers anew. */
  | { do: 'connect' }
  /** Begins ICE anew in the session that there is. */
  | { do: 'restart' }
  | { do: 'close' }
  | { do: 'timer'; after: number | null };

export interface Step {
  state: State;
  commands: Command[];
}

export const INITIAL: State = { phase: 'idle', wanted: false, failures: 0, task: 'none', trouble: null, over: false };

export function step(state: State, event: Event): Step {
  switch (event.kind) {
    case 'ask':
      // Who is live goes on with what they have until the other device is there.
      if (isOn(state)) return { state, commands: [{ do: 'capture' }] };
      return { state: { ...state, phase: 'asking', trouble: null }, commands: [{ do: 'capture' }] };
    case 'captured':
      return { state: { ...state, phase: isOn(state) ? state.phase : 'ready', trouble: null }, commands: [] };
    case 'publish':
      return state.phase === 'ready' ? connect({ ...state, phase: 'connecting', failures: 0, trouble: null, over: false }) : stay(state);
    case 'connected':
      if (!isOn(state)) return stay(state);
      return {
        state: { ...INITIAL, phase: 'live', wanted: true },
        commands: [{ do: 'timer', after: null }],
      };
    case 'interrupted':
      if (state.phase !== 'live') return stay(state);
      return { state: { ...state, phase: 'reconnecting', task: 'patience' }, commands: [{ do: 'timer', after: PATIENCE }] };
    case 'trouble':
      return trouble(state, event.trouble);
    case 'stop':
      return { state: { ...INITIAL, phase: isOn(state) ? 'ready' : state.phase, over: state.wanted || state.over }, commands: CLOSE };
    case 'timer':
      return elapsed(state);
  }
}

function isOn({ phase }: State): boolean {
  return phase === 'connecting' || phase === 'live' || phase === 'reconnecting';
}

function connect(state: State): Step {
  return { state: { ...state, task: 'connecting' }, commands: [{ do: 'connect' }, { do: 'timer', after: CONNECT_LIMIT }] };
}

function trouble(state: State, what: Trouble): Step {
  if (CAPTURE.has(what)) {
    return { state: { ...state, phase: isOn(state) ? state.phase : 'idle', trouble: what }, commands: [] };
  }
  if (!isOn(state)) return stay(state);
  // A server that has not yet noticed that we are gone says that somebody publishes: ourselves.
  const passing = what === 'network' || (what === 'taken' && state.wanted);
  if (!passing || !state.wanted) {
    return { state: { ...INITIAL, phase: 'ready', trouble: what, over: state.wanted }, commands: CLOSE };
  }
  if (state.task === 'restarting') return connect({ ...state, phase: 'reconnecting' });
  const after = Math.min(RETRY_FIRST * 2 ** state.failures, RETRY_MOST);
  const next: State = { ...state, phase: 'reconnecting', task: 'waiting', failures: state.failures + 1, trouble: what };
  return { state: next, commands: [{ do: 'close' }, { do: 'timer', after }] };
}

function elapsed(state: State): Step {
  switch (state.task) {
    case 'patience':
      return { state: { ...state, task: 'restarting' }, commands: [{ do: 'restart' }, { do: 'timer', after: RESTART_LIMIT }] };
    case 'restarting':
    case 'waiting':
      return connect(state);
    case 'connecting':
      return trouble(state, 'network');
    case 'none':
      return stay(state);
  }
}

function stay(state: State): Step {
  return { state, commands: [] };
}

const CAPTURE: ReadonlySet<Trouble> = new Set(['insecure', 'incapable', 'denied', 'missing', 'occupied', 'capture']);
const CLOSE: Command[] = [{ do: 'close' }, { do: 'timer', after: null }];

// Milliseconds.
const PATIENCE = 2_000;
const RESTART_LIMIT = 6_000;
const CONNECT_LIMIT = 12_000;
const RETRY_FIRST = 1_000;
const RETRY_MOST = 15_000;
