import { describe, expect, it } from 'vitest';

import type { Job } from './policy';
import { changesOf, newJob, placeOfField, typedOf } from './timeshift';

const JOB = { id: '1', kind: 'timeshift', label: 'Church', streams: { only: ['live/*'], except: ['live/x'] }, settings: { seconds: 3600 } } as unknown as Job;

describe('time-shift', () => {
  it('is asked for in minutes and sent in seconds', () => {
    expect(newJob({ label: ' a ', only: ['*/*'], minutes: 1.5 })).toEqual({ kind: 'timeshift', label: 'a', streams: { only: ['*/*'] }, settings: { seconds: 90 } });
    expect(newJob({ label: 'a', only: [], minutes: '' }).settings).toEqual({});
    expect(typedOf(JOB)).toEqual({ label: 'Church', only: ['live/*'], minutes: 60 });
  });

  it('changes only what is different, and no exception by the way', () => {
    const typed = typedOf(JOB);
    expect(changesOf(JOB, typed)).toEqual({});
    expect(changesOf(JOB, { ...typed, only: ['a/b'] })).toEqual({ streams: { only: ['a/b'], except: ['live/x'] } });
    expect(changesOf(JOB, { ...typed, minutes: 30 })).toEqual({ settings: { seconds: 1800 } });
  });

  it('knows where what the server says belongs', () => {
    expect(['settings.seconds', 'streams.only[0]', 'label'].map(placeOfField)).toEqual(['minutes', 'only', 'label']);
  });
});
