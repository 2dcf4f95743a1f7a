import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import i18next from 'i18next';
import { useRef } from 'react';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';

import en from '~/i18n/en';
import type { Recording, Source } from './describe';
import type { Span } from './previews';
import { Strip } from './Strip';

beforeAll(() => i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { translation: en } } }));
afterEach(cleanup);

const file = (number: number, seconds: number) => ({ number, seconds, codecs: ['h264'], finished: true });
const recording = { id: '1', state: 'finished', seconds: 90, files: [file(1, 60), file(2, 30)], gaps: [{ at: 30, lasted: 2, cause: 'publisher' }] } as unknown as Recording;

function Page({ source, ...more }: { source: Source; onSeek: (moment: number) => void; onToggle: () => void; clip?: Span; onClip?: (span: Span) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  return (
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        {/* eslint-disable-next-line jsx-a11y/media-has-caption -- there is nothing in it */}
        <video ref={video} data-testid="video" />
        <Strip recording={recording} source={source} video={video} {...more} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

function show(source: Source, clip?: Span) {
  const acts = { onSeek: vi.fn(), onToggle: vi.fn(), onClip: vi.fn() };
  render(<Page source={source} clip={clip} {...acts} />);
  const video = screen.getByTestId<HTMLVideoElement>('video');
  const slider = screen.getByRole('slider', { name: 'Place in the recording' });
  const press = (key: string, on: HTMLElement = slider) => fireEvent.keyDown(on, { key });
  const plays = (at: number, type: string) =>
    act(() => {
      video.currentTime = at;
      video.dispatchEvent(new Event(type));
    });
  return { ...acts, slider, press, plays };
}

test('it is where the player is, also where that plays one file of several', () => {
  const { slider, plays } = show(2);
  plays(15, 'timeupdate');
  expect(slider.getAttribute('aria-valuenow')).toBe('75');
  expect(slider.getAttribute('aria-valuetext')).toBe('1:15 of 1:30');
});

test('keys that follow each other add up before the player has arrived', () => {
  const { slider, press, plays, onSeek, onToggle } = show('whole');
  for (const key of ['ArrowRight', 'ArrowRight', 'PageUp', 'ArrowLeft']) press(key);
  expect(onSeek.mock.calls.flat()).toEqual([5, 10, 20, 15]);
  expect(slider.getAttribute('aria-valuenow')).toBe('15');
  plays(15.2, 'seeked');
  press('End');
  press('Home');
  expect(onSeek.mock.calls.flat().slice(4)).toEqual([90, 0]);
  press('Enter');
  expect(onToggle).toHaveBeenCalledTimes(1);
});

test('ends of a clip are set at the place, and are sliders of their own', () => {
  const { press, plays, onClip, onSeek } = show('whole', { from: 10, to: 50 });
  plays(40, 'timeupdate');
  press('i');
  press('o');
  expect(onClip.mock.calls.flat()).toEqual([
    { from: 40, to: 50 },
    { from: 10, to: 40 },
  ]);
  const end = screen.getByRole('slider', { name: 'End of the clip' });
  expect(end.getAttribute('aria-valuetext')).toBe('0:50');
  press('ArrowLeft', end);
  expect([onClip.mock.lastCall, onSeek.mock.lastCall]).toEqual([[{ from: 10, to: 49 }], [49]]);
});
