// How long recordings are kept, as it is typed. Pure.

import type { Schema } from '~/api/client';
import { GIB } from './policy';

type Keep = Schema['KeepView'];

/** Days, and GiB; empty for no limit. */
export interface Typed {
  days: number | '';
  bytes: number | '';
  reserve: number | '';
  copy_to: string;
}

/** With as many digits as somebody would type; what was not changed is sent as it was. */
const gib = (bytes: number) => Number((bytes / GIB).toPrecision(4));

export const keepTyped = ({ days, bytes, reserve, copy_to }: Keep): Typed => ({
  days: days ?? '',
  bytes: bytes ? gib(bytes) : '',
  reserve: reserve === undefined ? '' : gib(reserve),
  copy_to: copy_to ?? '',
});

export function keepFrom({ days, bytes, reserve, copy_to }: Typed, known: Keep): Keep {
  const sent = (typed: number, before: number | null | undefined) => (before && gib(before) === typed ? before : Math.round(typed * GIB));
  return {
    ...(days === '' ? {} : { days }),
    ...(bytes === '' ? {} : { bytes: sent(bytes, known.bytes) }),
    ...(reserve === '' ? {} : { reserve: sent(reserve, known.reserve) }),
    ...(copy_to.trim() ? { copy_to: copy_to.trim() } : {}),
  };
}
