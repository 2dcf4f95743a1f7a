import { expect, test } from 'vitest';

import { momentOf, placeOf, type Recording } from './describe';
import { gapAt, momentAt, moved, placeOnSheet, previewPlace, seams, tileAt, withEnd } from './previews';

const file = (number: number, seconds: number, more: object = {}) => ({ number, seconds, codecs: ['h264', 'aac'], finished: true, ...more });
const of = (...files: object[]) => ({ files }) as Pick<Recording, 'files'>;

test('a picture is of the last key frame before a moment', () => {
  expect([0, 1.9, 2, 5, 100].map((at) => tileAt([0, 2, 4.5], at))).toEqual([0, 0, 1, 2, 2]);
  // The first key frame need not be at the very beginning.
  expect(tileAt([0.4, 2], 0)).toBe(0);
});

test('pictures stand on a sheet in the order of reading', () => {
  expect([0, 9, 10, 25].map((index) => placeOnSheet({ columns: 10 }, index))).toEqual([
    { column: 0, row: 0 },
    { column: 9, row: 0 },
    { column: 0, row: 1 },
    { column: 5, row: 2 },
  ]);
});

test('moments are of the whole, pictures of a file: there and back it is the same moment', () => {
  const split = of(file(1, 60), file(2, 30.5), file(3, 10));
  expect(previewPlace(split, 75)).toEqual({ number: 2, at: 15 });
  for (const moment of [0, 59.9, 60, 90.4, 90.5, 100]) {
    const place = placeOf(split, moment);
    expect(momentOf(split, place?.number ?? 0, place?.at ?? NaN)).toBeCloseTo(moment);
  }
  expect(seams(split)).toEqual([60, 90.5]);
});

test('there are no pictures of sound, of what is being made, and of what cannot be read', () => {
  const mixed = of(file(1, 10), file(2, 10, { codecs: ['aac'] }), file(3, 10, { fault: 'unreadable' }), file(4, 10, { finished: false }));
  expect([5, 15, 25, 35].map((at) => previewPlace(mixed, at)?.number)).toEqual([1, undefined, undefined, undefined]);
  expect(previewPlace(of(), 5)).toBeUndefined();
});

test('where the pointer is, is a moment, also beside the strip', () => {
  const box = { left: 100, width: 400 };
  expect([50, 100, 300, 500, 900].map((x) => momentAt(x, box, 60))).toEqual([0, 0, 30, 60, 60]);
  expect(momentAt(5, { left: 0, width: 0 }, 60)).toBe(0);
});

test('keys of a slider go to where they should, and not beyond the ends', () => {
  const to = (key: string, at = 100, seconds = 200) => moved(key, at, seconds);
  expect(['ArrowRight', 'ArrowUp', 'ArrowLeft', 'ArrowDown'].map((key) => to(key))).toEqual([105, 105, 95, 95]);
  expect([to('PageUp'), to('PageDown'), to('Home'), to('End')]).toEqual([120, 80, 0, 200]);
  expect([to('ArrowLeft', 2), to('ArrowRight', 199), to('PageUp', 5, 20)]).toEqual([0, 200, 15]);
  expect(moved('ArrowRight', 1, 10, 1)).toBe(2);
  expect([to('Tab'), to('a')]).toEqual([undefined, undefined]);
});

test('of several gaps the nearest is meant, if it is near', () => {
  const gaps = [{ at: 10 }, { at: 14 }, { at: 80 }];
  expect([13, 11, 50, 81].map((at) => gapAt(gaps, at, 5)?.at)).toEqual([14, 10, undefined, 80]);
});

test('an end of a clip does not pass the other one', () => {
  expect(withEnd({}, 'from', 7)).toEqual({ from: 7, to: undefined });
  expect(withEnd({ from: 3, to: 9 }, 'from', 12)).toEqual({ from: 9, to: 9 });
  expect(withEnd({ from: 3, to: 9 }, 'to', 1)).toEqual({ from: 3, to: 3 });
});
