import { expect, it } from 'vitest';

import { duration } from './figures';

it('a duration is as exact as it is short, and never nothing', () => {
  expect([0, 0.0004, 0.0042, 0.0996, 0.344, 0.999, 2.44, 12.3].map(duration)).toEqual(['1 ms', '1 ms', '4 ms', '100 ms', '340 ms', '1000 ms', '2.4 s', '12 s']);
});
