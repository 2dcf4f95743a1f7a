import { describe, expect, it } from 'vitest';

import type { View } from './player';
import { said } from './said';
import type { Found } from './server';
import { words } from './words';

const WORDS = words('en');
const STREAM: Found = { live: true, sources: [], tracks: [], width: null, height: null, viewers: 0, since: null, past: null };
const view = (change: Partial<View>): View => ({
  phase: 'idle',
  way: null,
  choice: null,
  ways: [],
  trouble: null,
  detail: '',
  played: false,
  latency: null,
  muted: false,
  volume: 1,
  silenced: false,
  stream: null,
  ...change,
});
const text = (change: Partial<View>) => said(view(change), WORDS).text;

describe('what the player says', () => {
  it('tells a server that is away from a stream that does not come through', () => {
    const trying = { phase: 'reconnecting', trouble: 'slow' } as const;
    expect(text(trying)).toBe(WORDS.unreachable);
    expect(text({ ...trying, stream: STREAM })).toBe(WORDS.obstructed);
    expect(text({ ...trying, stream: STREAM, played: true })).toBe(WORDS.reconnecting);
  });

  it('tells a stream that is over from one that has not begun, and a file that is at its end', () => {
    expect(text({ phase: 'ended', trouble: 'absent' })).toBe(WORDS.waiting);
    expect(text({ phase: 'ended', trouble: 'absent', played: true })).toBe(WORDS.ended);
    expect(said(view({ phase: 'ended', played: true }), WORDS)).toEqual({ text: WORDS.finished, busy: false, button: 'retry' });
  });

  it('offers what can be done', () => {
    expect(said(view({ trouble: 'blocked' }), WORDS)).toEqual({ text: WORDS.blocked, busy: false, button: 'play' });
    expect(said(view({ phase: 'failed', trouble: 'refused' }), WORDS)).toEqual({ text: WORDS.refused, busy: false, button: 'retry' });
    expect(text({ phase: 'playing' })).toBe('');
  });
});
