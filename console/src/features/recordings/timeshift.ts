// In which streams viewers may go back: jobs of the kind `timeshift`, and what the form of one sends. Pure.

import type { Schema } from '~/api/client';
import type { Job } from './policy';

export const KIND = 'timeshift';

/** What the server takes where nothing is said, in seconds. */
const USUAL = 7_200;

/** What the form has; minutes as they are typed, empty for what is usual. */
export interface Typed {
  label: string;
  only: string[];
  minutes: number | '';
}

export const secondsOf = (job: Job) => (job.settings as { seconds?: number }).seconds ?? USUAL;

export const typedOf = (job: Job): Typed => ({ label: job.label, only: [...(job.streams.only ?? [])], minutes: secondsOf(job) / 60 });

const settingsFrom = ({ minutes }: Typed) => (minutes === '' ? {} : { seconds: Math.round(minutes * 60) }) as Record<string, never>;

export const newJob = (typed: Typed): Schema['NewJob'] => ({ kind: KIND, label: typed.label.trim(), streams: { only: typed.only }, settings: settingsFrom(typed) });

/** Only what is different: with another length all that is kept begins anew. */
export function changesOf(job: Job, typed: Typed): Schema['ChangedJob'] {
  const before = typedOf(job);
  return {
    ...(before.label === typed.label.trim() ? {} : { label: typed.label.trim() }),
    ...(JSON.stringify(before.only) === JSON.stringify(typed.only) ? {} : { streams: { only: typed.only, except: [...(job.streams.except ?? [])] } }),
    ...(before.minutes === typed.minutes ? {} : { settings: settingsFrom(typed) }),
  };
}

/** Where in the form it stands what the API says of a field. */
export function placeOfField(field: string): string {
  if (field.startsWith('streams')) return 'only';
  return field === 'settings.seconds' ? 'minutes' : field;
}
