import { expect, test } from 'vitest';

import { fileOf, windowOf } from './previews';

test('a moment of the whole is in the file that has it, and after the end in none', () => {
  const files = [
    { number: 1, seconds: 60 },
    { number: 2, seconds: 30 },
  ];
  expect([0, 60, 75, 90].map((moment) => fileOf(files, moment))).toEqual([{ file: files[0], at: 0 }, { file: files[1], at: 0 }, { file: files[1], at: 15 }, undefined]);
});

test('the window is over the last picture that is not later', () => {
  const previews = { width: 160, height: 90, columns: 2, times: [0.5, 2, 4] };
  expect([0, 2, 3.9, 9].map((at) => windowOf(previews, at))).toEqual([
    { left: -0, top: -0 },
    { left: -160, top: -0 },
    { left: -160, top: -0 },
    { left: -0, top: -90 },
  ]);
});
