import { expect, test } from 'vitest';

import { tokenIn } from './token';

test('the address is as good as the token', () => {
  expect(tokenIn(' 0123abcd ')).toBe('0123abcd');
  expect(tokenIn('http://10.0.0.5:2022/mgmt/setup?token=0123abcd\n')).toBe('0123abcd');
  expect(tokenIn('First account: /mgmt/setup?token=0123abcd (once)')).toBe('0123abcd');
});
