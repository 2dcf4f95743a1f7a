// What is recorded: jobs of the kind `record`, and what the form of one sends. Pure.

import type { Schema } from '~/api/client';

export type Job = Schema['JobView'];

export const KIND = 'record';

/** Of every app that has no slash in its name. */
export const EVERYTHING = '*/*';

export const GIB = 2 ** 30;

/** What a file may be as well, beside MP4. */
export const CONTAINERS = ['ts', 'flv'];

/** What the form of a policy has; numbers as they are typed, empty for none. */
export interface Typed {
  label: string;
  only: string[];
  except: string[];
  /** Seconds. */
  gap: number | '';
  /** Minutes. */
  minutes: number | '';
  /** GiB. */
  size: number | '';
  /** Containers beside MP4. */
  also: string[];
}

export const EMPTY: Typed = { label: '', only: [EVERYTHING], except: [], gap: 60, minutes: '', size: '', also: [] };

interface Settings {
  gap?: number;
  split_seconds?: number | null;
  split_bytes?: number | null;
  also?: string[];
}

export const settingsOf = (job: Job) => job.settings as Settings;

export function typedOf(job: Job): Typed {
  const { gap, split_seconds, split_bytes, also = [] } = settingsOf(job);
  return {
    label: job.label,
    only: [...(job.streams.only ?? [])],
    except: [...(job.streams.except ?? [])],
    gap: gap ?? 60,
    minutes: split_seconds ? split_seconds / 60 : '',
    size: split_bytes ? split_bytes / GIB : '',
    also: [...also],
  };
}

function settingsFrom({ gap, minutes, size, also }: Typed): Settings {
  return {
    ...(gap === '' ? {} : { gap }),
    ...(minutes === '' ? {} : { split_seconds: Math.round(minutes * 60) }),
    ...(size === '' ? {} : { split_bytes: Math.round(size * GIB) }),
    ...(also.length === 0 ? {} : { also: CONTAINERS.filter((one) => also.includes(one)) }),
  };
}

const streamsFrom = ({ only, except }: Typed) => ({ only, except });

export const newJob = (typed: Typed): Schema['NewJob'] => ({
  kind: KIND,
  label: typed.label.trim(),
  streams: streamsFrom(typed),
  settings: settingsFrom(typed) as Record<string, never>,
});

/** Only what is different: other settings would have all that is being recorded begin anew. */
export function changesOf(job: Job, typed: Typed): Schema['ChangedJob'] {
  const before = typedOf(job);
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return {
    ...(before.label === typed.label.trim() ? {} : { label: typed.label.trim() }),
    ...(same(streamsFrom(before), streamsFrom(typed)) ? {} : { streams: streamsFrom(typed) }),
    ...(same(settingsFrom(before), settingsFrom(typed)) ? {} : { settings: settingsFrom(typed) as Record<string, never> }),
  };
}

/** Where in the form it stands what the API says of a field: `streams.only[0]`, `settings.split_seconds`. */
export function placeOfField(field: string): string {
  const settings: Record<string, string> = { 'settings.gap': 'gap', 'settings.split_seconds': 'minutes', 'settings.split_bytes': 'size', 'settings.also': 'also' };
  if (field.startsWith('streams.except')) return 'except';
  if (field.startsWith('streams')) return 'only';
  return settings[field] ?? field;
}

/** Whether `pattern` has the stream `id`, as the server sees it: see `Glob` in crates/jobs. */
export function has(pattern: string, id: string): boolean {
  let expression = '';
  const text = pattern.trim().replace(/^\/+/, '');
  const literal = (character: string) => character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '*') expression += '[^/]*';
    else if (character === '?') expression += '[^/]';
    else if (character === '\\') expression += literal(text.charAt((at += 1)));
    else if (character === '[') {
      const end = text.indexOf(']', at + 2);
      if (end < 0) return false;
      const inside = text.slice(at + 1, end);
      const negated = inside.startsWith('^');
      expression += `(?!/)[${negated ? '^' : ''}${inside.slice(negated ? 1 : 0).replace(/[\\\]^]/g, '\\$&')}]`;
      at = end;
    } else expression += literal(character);
  }
  try {
    return new RegExp(`^${expression}$`, 'u').test(id);
  } catch {
    return false;
  }
}

export const names = ({ streams }: Pick<Job, 'streams'>, id: string) => (streams.only ?? []).some((one) => has(one, id)) && !(streams.except ?? []).some((one) => has(one, id));

/** The policy by which `id` is recorded when it is live: the eldest that names it. */
export const policyFor = (jobs: readonly Job[], id: string) =>
  jobs
    .filter((job) => job.kind === KIND && job.wanted && !job.problem && names(job, id))
    .sort((a, b) => (a.created < b.created ? -1 : 1))
    .at(0);
