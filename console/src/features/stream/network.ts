// What is known of the way between the server and a publisher or viewer, in a few words. Pure.

import type { Schema } from '~/api/client';
import { number, percent } from '~/format';

type Session = Schema['PlayerView'];

/** Whether anything is known of it: of WebRTC, after some seconds. */
export const measured = ({ rtt_ms, loss, jitter_ms }: Session) => [rtt_ms, loss, jitter_ms].some((value) => value !== undefined && value !== null);

const milliseconds = (value: number | null | undefined) => (value === undefined || value === null ? '–' : `${number(value, value < 10 ? 1 : 0)} ms`);

/** There and back. */
export const rtt = (session: Session) => milliseconds(session.rtt_ms);

/** The share of packets that did not arrive lately. */
export const loss = (session: Session) => (session.loss === undefined || session.loss === null ? '–' : percent(session.loss * 100, session.loss < 0.1 ? 1 : 0));

/** How unevenly packets arrive. */
export const jitter = (session: Session) => milliseconds(session.jitter_ms);
