import { act, render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { later } from './later';

const Said = ({ text }: { text: string }) => <p>{text}</p>;

test('it is shown once it is there', async () => {
  const Later = later(() => Promise.resolve(Said));
  render(<Later text="first" />);
  expect(await screen.findByText('first')).toBeTruthy();
});

test('what came between drawing and looking is shown', async () => {
  let arrive: (component: typeof Said) => void = () => undefined;
  const Later = later(() => new Promise<typeof Said>((resolve) => (arrive = resolve)));
  const { rerender } = render(<Later text="second" />);
  await act(async () => {
    arrive(Said);
    await Promise.resolve();
  });
  rerender(<Later text="second" />);
  expect(await screen.findByText('second')).toBeTruthy();
});

test('what could not be loaded is tried again when it is wanted again', async () => {
  let tries = 0;
  const Later = later(() => (++tries === 1 ? Promise.reject(new Error('away')) : Promise.resolve(Said)));
  const { rerender } = render(<Later text="third" />);
  await act(async () => await new Promise((next) => setTimeout(next)));
  expect(screen.queryByText('third')).toBeNull();
  rerender(<Later text="third" />);
  expect(await screen.findByText('third')).toBeTruthy();
  expect(tries).toBe(2);
});
