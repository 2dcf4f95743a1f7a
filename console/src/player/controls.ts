// The face of the player: what is over the picture and below it, keys, and what screen readers hear.

import { el } from './dom';
import { clock, duration } from './figures';
import { icon, type Icon } from './icons';
import { remember } from './memory';
import { Menu } from './menu';
import { Overlay } from './overlay';
import type { Player, View } from './player';
import { said } from './said';
import type { Words } from './words';

export class Controls {
  readonly #aborter = new AbortController();
  readonly #message = el('p', { class: 'sp-message', role: 'status' });
  readonly #big: HTMLButtonElement;
  readonly #sound: HTMLButtonElement;
  readonly #play: HTMLButtonElement;
  readonly #mute: HTMLButtonElement;
  readonly #volume: HTMLInputElement;
  readonly position: HTMLInputElement;
  readonly #time = el('span', { class: 'sp-time', hidden: true });
  readonly #chip: HTMLElement;
  readonly #captions: HTMLButtonElement;
  readonly #full: HTMLButtonElement;
  readonly #menu: Menu;
  readonly #overlay: Overlay;
  #hide: ReturnType<typeof setTimeout> | undefined;
  #view: View;

  constructor(
    private readonly box: HTMLElement,
    private readonly player: Player,
    private readonly words: Words,
    /** The element whose keys count. */
    keys: HTMLElement | Document,
  ) {
    this.#view = player.view;
    this.#big = this.#button('play', words.play, () => player.play(), 'sp-big');
    this.#sound = el('button', { type: 'button', class: 'sp-sound' }, icon('silent'), words.tapForSound);
    this.#play = this.#button('play', words.play, () => this.#toggle());
    this.#mute = this.#button('sound', words.mute, () => this.#toggleSound());
    this.#volume = el('input', { type: 'range', min: 0, max: 1, step: 0.05, class: 'sp-volume', 'aria-label': words.volume });
    this.position = el('input', { type: 'range', min: 0, max: 1, step: 0.1, class: 'sp-position', 'aria-label': words.position, hidden: true });
    this.#chip = el('span', { class: 'sp-chip', title: words.behind });
    this.#captions = this.#button('captions', words.captions, () => this.#toggleCaptions());
    this.#full = this.#button('expand', words.fullscreen, () => void this.#toggleFullscreen());
    this.#overlay = new Overlay(player, words);
    this.#menu = new Menu(player, words, this.#overlay);
    this.#build();
    this.#attend(keys);
  }

  #build(): void {
    const { box, words } = this;
    const pip = this.#button('pip', words.pip, () => void this.#togglePip());
    pip.hidden = !document.pictureInPictureEnabled;
    const bar = el(
      'div',
      { class: 'sp-bar' },
      this.#play,
      this.#mute,
      this.#volume,
      this.#chip,
      this.position,
      this.#time,
      el('span', { class: 'sp-space' }),
      this.#captions,
      this.#menu.button,
      pip,
      this.#full,
    );
    const spinner = el('span', { class: 'sp-spinner', 'aria-hidden': true });
    const middle = el('div', { class: 'sp-middle' }, spinner, this.#big, this.#message);
    box.append(middle, this.#sound, this.#overlay.element, this.#menu.panel, bar);
  }

  #attend(keys: HTMLElement | Document): void {
    const { box, player } = this;
    const { video } = player;
    const { signal } = this.#aborter;
    const on = (target: EventTarget, type: string, listener: (event: Event) => void) => {
      target.addEventListener(type, listener, { signal });
    };
    on(this.#sound, 'click', () => player.unmute());
    on(this.#volume, 'input', () => {
      video.volume = Number(this.#volume.value);
      video.muted = video.volume === 0;
    });
    on(this.position, 'input', () => {
      video.currentTime = Number(this.position.value);
    });
    on(video, 'timeupdate', () => this.#moved());
    on(video, 'click', () => {
      // A tap on a phone shows the controls; it does not stop the stream.
      if (this.#view.phase === 'playing' && matchMedia('(hover: hover)').matches) this.#toggle();
    });
    on(video, 'dblclick', () => void this.#toggleFullscreen());
    for (const type of ['pointermove', 'pointerdown', 'focusin']) on(box, type, () => this.#wake());
    on(box, 'pointerleave', () => this.#wake(400));
    on(document, 'fullscreenchange', () => this.#showFullscreen());
    on(document, 'pointerdown', (event) => this.#menu.closeUnless(event.target));
    for (const type of ['addtrack', 'removetrack', 'change']) on(video.textTracks, type, () => this.#showCaptions());
    on(keys, 'keydown', (event) => this.#key(event as KeyboardEvent));
    let heard = { volume: video.volume, muted: video.muted };
    on(video, 'volumechange', () => {
      const now = { volume: video.volume, muted: video.muted };
      // What the page or the browser began with is not what the viewer has chosen.
      const chosen = now.volume !== heard.volume || now.muted !== heard.muted;
      if (chosen && !player.view.silenced) remember(now);
      heard = now;
    });
    const tick = setInterval(() => this.#tick(), 1_000);
    signal.addEventListener('abort', () => clearInterval(tick));
    signal.addEventListener('abort', player.listen((view) => this.#show(view)));
    this.#showCaptions();
    this.#wake();
  }

  destroy(): void {
    clearTimeout(this.#hide);
    this.#aborter.abort();
  }

  /** Shows or hides the figures. */
  statistics(shown: boolean): void {
    this.#overlay.show(shown);
  }

  #show(view: View): void {
    const { box, words } = this;
    const before = this.#view;
    this.#view = view;
    const { text, busy, button } = said(view, words);
    box.toggleAttribute('data-busy', busy);
    if (this.#message.textContent !== text) this.#message.textContent = text;
    this.#big.hidden = button === null;
    if (button !== null) this.#dress(this.#big, button, button === 'play' ? words.play : words.retry);
    this.#sound.hidden = !(view.silenced && view.phase === 'playing');
    const running = !['idle', 'failed', 'ended'].includes(view.phase);
    if (this.player.isFinite && running) this.#dressPause();
    else this.#dress(this.#play, running ? 'stop' : 'play', running ? words.stop : words.play);
    const silent = view.muted || view.volume === 0;
    this.#dress(this.#mute, silent ? 'silent' : 'sound', silent ? words.unmute : words.mute);
    this.#volume.value = String(silent ? 0 : view.volume);
    this.#showLatency();
    this.#menu.show(view);
    if (before.phase !== view.phase) this.#wake();
  }

  #tick(): void {
    const { phase } = this.#view;
    if (phase === 'playing' || phase === 'stalled') void this.#overlay.measure().then(() => this.#showLatency());
  }

  #showLatency(): void {
    const { phase, latency } = this.player.view;
    const shown = phase === 'playing' && !this.player.isFinite;
    this.#chip.hidden = !shown;
    const text = latency === null ? this.words.live : `${this.words.live} · ${duration(latency)}`;
    if (shown && this.#chip.textContent !== text) this.#chip.textContent = text;
  }

  /** Of what has an end. */
  #moved(): void {
    const { isFinite, video } = this.player;
    this.position.hidden = this.#time.hidden = !isFinite;
    if (!isFinite) return;
    const time = `${clock(video.currentTime)} / ${clock(video.duration)}`;
    if (this.#time.textContent !== time) {
      this.#time.textContent = time;
      this.position.setAttribute('aria-valuetext', time);
    }
    // Of a live stream that is played from the past, what was before that is gone.
    this.position.min = String(video.seekable.length > 0 ? video.seekable.start(0) : 0);
    this.position.max = String(video.duration);
    if (document.activeElement !== this.position) this.position.value = String(video.currentTime);
    this.#dressPause();
  }

  #dressPause(): void {
    const { paused } = this.player.video;
    this.#dress(this.#play, paused ? 'play' : 'pause', paused ? this.words.play : this.words.pause);
  }

  #toggle(): void {
    const { player } = this;
    if (player.isFinite && this.#view.phase !== 'ended') {
      if (player.video.paused) void player.video.play();
      else player.video.pause();
    } else if (['idle', 'failed', 'ended'].includes(this.#view.phase)) player.play();
    else player.stop();
  }

  #toggleSound(): void {
    const { player } = this;
    if (this.#view.muted || this.#view.volume === 0) player.unmute();
    else player.video.muted = true;
  }

  #tracks(): TextTrack[] {
    return [...this.player.video.textTracks].filter(({ kind }) => kind === 'captions' || kind === 'subtitles');
  }

  #showCaptions(): void {
    const tracks = this.#tracks();
    this.#captions.hidden = tracks.length === 0;
    this.#captions.setAttribute('aria-pressed', String(tracks.some(({ mode }) => mode === 'showing')));
    this.#menu.captions(tracks);
  }

  /** The language of the page if there is one, else the first. */
  #toggleCaptions(): void {
    const tracks = this.#tracks();
    const shown = tracks.some(({ mode }) => mode === 'showing');
    const language = document.documentElement.lang.slice(0, 2);
    const chosen = tracks.find((track) => track.language.startsWith(language)) ?? tracks[0];
    for (const track of tracks) track.mode = !shown && track === chosen ? 'showing' : 'disabled';
    this.#showCaptions();
  }

  async #togglePip(): Promise<void> {
    try {
      if (document.pictureInPictureElement === this.player.video) await document.exitPictureInPicture();
      else await this.player.video.requestPictureInPicture();
    } catch {
      // Not before there is a picture, or not in this frame.
    }
  }

  async #toggleFullscreen(): Promise<void> {
    const { box } = this;
    const video = this.player.video as HTMLVideoElement & { webkitEnterFullscreen?: () => void };
    try {
      if (document.fullscreenElement !== null) await document.exitFullscreen();
      else if ('requestFullscreen' in box) await box.requestFullscreen();
      else video.webkitEnterFullscreen?.();
    } catch {
      // The frame that holds us does not allow it.
    }
  }

  #showFullscreen(): void {
    const full = document.fullscreenElement === this.box;
    this.#dress(this.#full, full ? 'shrink' : 'expand', full ? this.words.leaveFullscreen : this.words.fullscreen);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : null;
    const typing = target?.closest('input:not([type=range]), textarea, select, [contenteditable]');
    if (typing !== null && typing !== undefined && !this.box.contains(typing)) return;
    const onButton = target?.closest('button, a, summary, input') ?? null;
    const { video } = this.player;
    const louder = (by: number) => {
      video.volume = Math.min(1, Math.max(0, Math.round((video.volume + by) * 20) / 20));
      video.muted = video.volume === 0;
    };
    const actions: Record<string, () => void> = {
      k: () => this.#toggle(),
      m: () => this.#toggleSound(),
      f: () => void this.#toggleFullscreen(),
      i: () => void this.#togglePip(),
      c: () => this.#toggleCaptions(),
      s: () => this.#overlay.show(!this.#overlay.shown),
    };
    if (onButton === null) {
      actions[' '] = () => this.#toggle();
      actions.arrowup = () => louder(0.1);
      actions.arrowdown = () => louder(-0.1);
    }
    if (onButton === null && this.player.isFinite) {
      const seek = (by: number) => (video.currentTime = Math.min(video.duration, Math.max(0, video.currentTime + by)));
      actions.arrowleft = () => seek(-SEEK);
      actions.arrowright = () => seek(SEEK);
    }
    if (this.#menu.isOpen) actions.escape = () => this.#menu.close();
    const action = actions[event.key.toLowerCase()];
    if (action === undefined) return;
    event.preventDefault();
    action();
    this.#wake();
  }

  /** Shows the controls, and hides them after a while in which nobody needs them. */
  #wake(after = 2_600): void {
    const { box } = this;
    box.removeAttribute('data-idle');
    clearTimeout(this.#hide);
    this.#hide = setTimeout(() => {
      const needed = this.#menu.isOpen || box.querySelector('.sp-bar :focus-visible') !== null;
      if (!needed && this.#view.phase === 'playing') box.setAttribute('data-idle', '');
    }, after);
  }

  #button(name: Icon, label: string, press: () => void, style = ''): HTMLButtonElement {
    const button = el('button', { type: 'button', class: style, 'aria-label': label, title: label, 'data-icon': name }, icon(name));
    button.addEventListener('click', press);
    return button;
  }

  #dress(button: HTMLButtonElement, name: Icon, label: string): void {
    if (button.dataset.icon === name) return;
    button.dataset.icon = name;
    button.setAttribute('aria-label', label);
    button.title = label;
    button.replaceChildren(icon(name));
  }
}

/** Seconds that a key goes back or forth. */
const SEEK = 5;
