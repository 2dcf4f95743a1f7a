// A player for live streams, without a framework: mounts into any element, and tells what becomes of it.

import './player.css';

import { Controls } from './controls';
import { el } from './dom';
import { recall } from './memory';
import { Player, type Subject, type View } from './player';
import { look, pictureOf } from './server';
import type { Way } from './ways';
import { preferredLanguage, words, type Language } from './words';

export type { Phase, Trouble } from './state';
export type { Source, Way } from './ways';
export type { Subject, View } from './player';

export type PlayerOptions = Subject & {
  /** To begin with, instead of the best. */
  way?: Way | null;
  /** Begins by itself; with sound if the browser allows it. */
  autoplay?: boolean;
  /** Begins without sound, whatever the viewer has set before. */
  muted?: boolean;
  /** The address of a picture for the time before the first; without it, the server's for who has yet to press play. */
  poster?: string;
  language?: Language;
  /** The player's own controls; without them, nothing is over the picture. */
  controls?: boolean;
  /** Keys count on the whole page, not only when the player has the focus. */
  pageKeys?: boolean;
  /** Shows figures from the beginning. */
  statistics?: boolean;
  onChange?: (view: View) => void;
};

export interface PlayerHandle {
  readonly video: HTMLVideoElement;
  readonly view: View;
  /** By which viewers go to a place in what has an end; not without controls. */
  readonly seekBar: HTMLInputElement | null;
  play(): void;
  stop(): void;
  /** Another way to the same stream; `null` leaves it to the player. */
  choose(way: Way | null): void;
  /** Plays something else. */
  change(subject: Subject): void;
  /** Ends it, and leaves the element empty. */
  destroy(): void;
}

export function mountPlayer(element: HTMLElement, options: PlayerOptions): PlayerHandle {
  const { way = null, autoplay = true, muted = false, poster, controls = true, pageKeys = false } = options;
  const language = options.language ?? preferredLanguage();
  const texts = words(language);
  const video = el('video', { playsinline: true, preload: 'none', tabindex: -1 });
  const still = el('canvas', { class: 'sp-still', 'aria-hidden': true });
  const box = el('div', { class: 'sp', role: 'region', 'aria-label': texts.player, lang: language, tabindex: 0 }, video, still);
  if (poster !== undefined) box.append(posterOf(poster));
  element.replaceChildren(box);
  const aborter = new AbortController();

  const kept = recall();
  video.volume = kept?.volume ?? 1;
  video.muted = muted || kept?.muted === true;
  const player = new Player(video, still, options);
  const face = controls ? new Controls(box, player, texts, pageKeys ? document : box) : null;
  player.listen(({ phase, played }) => {
    box.dataset.phase = phase;
    box.toggleAttribute('data-played', played);
  });
  if (options.onChange !== undefined) player.listen(options.onChange);
  if (options.statistics === true) face?.statistics(true);
  if (way !== null) player.choose(way);
  if (autoplay) player.play();
  if (poster === undefined && 'stream' in options) {
    const { stream, token = null } = options;
    const unlisten = player.listen(({ phase, played }) => {
      if (phase !== 'idle' || played) return;
      queueMicrotask(() => unlisten());
      void look(stream, token, aborter.signal).then((found) => {
        const seen = found.live && found.tracks.some(({ kind }) => kind === 'video');
        if (seen && player.view.phase === 'idle') box.append(posterOf(pictureOf(stream, token)));
      });
    });
  }

  return {
    video,
    get view() {
      return player.view;
    },
    seekBar: face?.position ?? null,
    play: () => player.play(),
    stop: () => player.stop(),
    choose: (way) => player.choose(way),
    change: (subject) => {
      aborter.abort();
      box.querySelector('.sp-poster')?.remove();
      player.change(subject);
    },
    destroy: () => {
      aborter.abort();
      face?.destroy();
      player.destroy();
      box.remove();
    },
  };
}

function posterOf(address: string): HTMLImageElement {
  const image = el('img', { class: 'sp-poster', src: address, alt: '' });
  // A stream of sound alone has none, and others not yet.
  image.addEventListener('error', () => image.remove());
  return image;
}
