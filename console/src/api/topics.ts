// What the server tells of as it changes, and how what is known becomes what is known next. Pure.

import type { Schema } from './client';

/** A line of the log. What its fields are, only the server knows. */
export type LogLine = Omit<Schema['LogLineView'], 'fields'> & { fields: Record<string, unknown> };

export interface Topics {
  streams: ReadonlyMap<string, Schema['StreamView']>;
  system: Schema['SystemView'];
  logs: readonly LogLine[];
  /** By their numbers, the newest last. */
  webhooks: ReadonlyMap<number, Schema['DeliveryView']>;
  https: Schema['CertificatesView'];
  jobs: readonly Schema['JobView'][];
  recordings: RecordingsEvent;
}

/** Those that are being made or finished, and how many are done. */
interface RecordingsEvent {
  items: readonly Schema['RecordingView'][];
  finished: number;
  /** On their way into object storage, the eldest first, and how many there are. */
  uploads: Schema['RecordingView'][];
  waiting: number;
  /** How many are there. */
  uploaded: number;
  /** What the disk has for them. */
  space: Schema['SpaceView'];
}

export type Topic = keyof Topics;

export const TOPICS: readonly Topic[] = ['streams', 'system', 'logs', 'webhooks', 'https', 'jobs', 'recordings'];

/** Lines of the log, deliveries and steps that are kept. */
const MOST = 1000;

interface StreamsEvent {
  snapshot?: boolean;
  items?: Schema['StreamView'][];
  changed?: Schema['StreamView'][];
  gone?: string[];
}

interface ListEvent<T> {
  snapshot?: boolean;
  items: T[];
}

type Reducers = { [T in Topic]: (known: Topics[T] | undefined, event: never) => Topics[T] };

const reducers: Reducers = {
  streams(known, event: StreamsEvent) {
    const next = new Map(event.snapshot ? [] : known);
    for (const stream of event.items ?? event.changed ?? []) next.set(stream.id, stream);
    for (const id of event.gone ?? []) next.delete(id);
    return new Map([...next].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  },
  system: (_, event: Schema['SystemView']) => event,
  logs: (known, event: ListEvent<LogLine>) => [...(event.snapshot ? [] : (known ?? [])), ...event.items].slice(-MOST),
  webhooks(known, event: ListEvent<Schema['DeliveryView']>) {
    const next = new Map(event.snapshot ? [] : known);
    for (const delivery of event.items) next.set(delivery.number, delivery);
    return new Map([...next].sort(([a], [b]) => a - b).slice(-MOST));
  },
  https(known, event: Schema['CertificatesView']) {
    const last = known?.steps.at(-1)?.number ?? 0;
    const fresh = event.steps.filter((step) => step.number > last);
    // A server that was started again counts from the beginning.
    const again = event.steps.length > 0 && fresh.length === 0 && event.steps.at(-1)?.number !== last;
    return { ...event, steps: again ? event.steps : [...(known?.steps ?? []), ...fresh].slice(-MOST) };
  },
  jobs: (_, event: { items: Schema['JobView'][] }) => event.items,
  recordings: (_, { items, finished, uploads, waiting, uploaded, space }: RecordingsEvent) => ({ items, finished, uploads, waiting, uploaded, space }),
};

/** What is known after an event, whose data is `event`. */
export function reduce<T extends Topic>(topic: T, known: Topics[T] | undefined, event: unknown): Topics[T] {
  const reducer = reducers[topic] as (known: Topics[T] | undefined, event: unknown) => Topics[T];
  return reducer(known, event);
}

/** The event that tells somebody new all that is `known`. */
export function snapshot<T extends Topic>(topic: T, known: Topics[T]): unknown {
  if (topic === 'system' || topic === 'https' || topic === 'recordings') return known;
  const items = known instanceof Map ? [...known.values()] : known;
  return { snapshot: true, items };
}
