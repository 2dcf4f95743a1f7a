// What is said over the picture in each state.

import type { View } from './player';
import type { Words } from './words';
import type { Way } from './ways';

export interface Said {
  /** Empty while there is a picture. */
  text: string;
  /** Something goes on by itself. */
  busy: boolean;
  /** What a viewer can do about it. */
  button: 'play' | 'retry' | null;
}

export function said(view: View, words: Words): Said {
  const { phase, trouble, played } = view;
  switch (phase) {
    case 'idle':
      return { text: trouble === 'blocked' ? words.blocked : '', busy: false, button: 'play' };
    case 'connecting':
      return { text: words.connecting, busy: true, button: null };
    case 'playing':
      return { text: '', busy: false, button: null };
    case 'stalled':
      return { text: words.stalled, busy: true, button: null };
    case 'reconnecting':
      if (trouble === 'absent') return { text: played ? words.reconnecting : words.waiting, busy: true, button: null };
      if (played) return { text: words.reconnecting, busy: true, button: null };
      // Who answers can be reached.
      return { text: view.stream === null ? words.unreachable : words.obstructed, busy: true, button: null };
    case 'ended':
      if (trouble === null) return { text: words.finished, busy: false, button: 'retry' };
      return { text: played ? words.ended : words.waiting, busy: false, button: null };
    case 'failed':
      return { text: trouble === 'refused' ? words.refused : words.unsupported, busy: false, button: 'retry' };
  }
}

export function wayName(way: Way, words: Words): string {
  const names: Record<Way, string> = {
    whep: words.wayWhep,
    'll-hls': words.wayLlHls,
    hls: words.wayHls,
    flv: words.wayFlv,
    'ws-flv': words.wayWsFlv,
    ts: words.wayTs,
    'ws-ts': words.wayWsTs,
    file: words.wayFile,
  };
  return names[way];
}
