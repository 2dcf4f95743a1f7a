// What a viewer can choose: how the stream is delivered, in which quality, with which captions.

import { el } from './dom';
import { bitrate } from './figures';
import { icon } from './icons';
import type { Overlay } from './overlay';
import type { Player, View } from './player';
import { wayName } from './said';
import type { Words } from './words';

interface Choice {
  label: string;
  chosen: boolean;
  choose: () => void;
}

export class Menu {
  readonly button: HTMLButtonElement;
  readonly panel: HTMLElement;
  readonly #groups = { delivery: el('div'), quality: el('div'), captions: el('div') };
  readonly #statistics: HTMLInputElement;
  /** What is drawn, so that a choice is not torn from under a finger. */
  #drawn: Record<string, string> = {};

  constructor(
    private readonly player: Player,
    private readonly words: Words,
    overlay: Overlay,
  ) {
    menus += 1;
    const id = `sp-menu-${menus}`;
    const label = words.settings;
    this.button = el(
      'button',
      { type: 'button', 'aria-label': label, title: label, 'aria-expanded': 'false', 'aria-controls': id },
      icon('settings'),
    );
    this.#statistics = el('input', { type: 'checkbox' });
    const { delivery, quality, captions } = this.#groups;
    const statistics = el('label', { class: 'sp-check' }, this.#statistics, words.statistics);
    this.panel = el('div', { class: 'sp-menu', id, hidden: true }, delivery, quality, captions, statistics);
    this.button.addEventListener('click', () => (this.isOpen ? this.close() : this.open()));
    this.#statistics.addEventListener('change', () => overlay.show(this.#statistics.checked));
    overlay.onShow = (shown) => {
      this.#statistics.checked = shown;
    };
  }

  get isOpen(): boolean {
    return !this.panel.hidden;
  }

  open(): void {
    this.panel.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    this.panel.querySelector<HTMLInputElement>('input:checked, input')?.focus();
  }

  close(): void {
    const inside = this.panel.contains(document.activeElement);
    this.panel.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
    if (inside) this.button.focus();
  }

  closeUnless(target: EventTarget | null): void {
    if (!this.isOpen || !(target instanceof Node)) return;
    if (!this.panel.contains(target) && !this.button.contains(target)) this.close();
  }

  show(view: View): void {
    const { words, player } = this;
    const inUse = view.way === null ? '' : ` · ${wayName(view.way, words)}`;
    const ways = [null, ...view.ways].map((way) => ({
      label: way === null ? `${words.automatic}${view.choice === null ? inUse : ''}` : wayName(way, words),
      chosen: view.choice === way,
      choose: () => player.choose(way),
    }));
    this.#draw('delivery', words.delivery, view.ways.length > 1 ? ways : []);
    const qualities = player.qualities();
    const quality = player.quality();
    const choices = qualities.map(({ id, height, bitrate: bits }) => ({
      label: height > 0 ? `${height}p · ${bitrate(bits)}` : bitrate(bits),
      chosen: quality === id,
      choose: () => player.chooseQuality(id),
    }));
    choices.unshift({ label: words.automatic, chosen: quality === -1, choose: () => player.chooseQuality(-1) });
    this.#draw('quality', words.quality, qualities.length > 1 ? choices : []);
  }

  captions(tracks: readonly TextTrack[]): void {
    const set = (chosen: TextTrack | null) => {
      for (const track of tracks) track.mode = track === chosen ? 'showing' : 'disabled';
    };
    const choices = [null, ...tracks].map((track) => ({
      label: track === null ? this.words.off : track.label || track.language || this.words.captions,
      chosen: track === null ? tracks.every(({ mode }) => mode !== 'showing') : track.mode === 'showing',
      choose: () => set(track),
    }));
    this.#draw('captions', this.words.captions, tracks.length > 0 ? choices : []);
  }

  #draw(group: 'delivery' | 'quality' | 'captions', title: string, choices: readonly Choice[]): void {
    const what = JSON.stringify(choices.map(({ label, chosen }) => [label, chosen]));
    if (this.#drawn[group] === what) return;
    this.#drawn[group] = what;
    const box = this.#groups[group];
    const focused = [...box.querySelectorAll('input')].indexOf(document.activeElement as HTMLInputElement);
    const rows = choices.map(({ label, chosen, choose }) => {
      const input = el('input', { type: 'radio', name: `${this.panel.id}-${group}`, checked: chosen });
      input.addEventListener('change', choose);
      return el('label', { class: 'sp-check' }, input, label);
    });
    box.replaceChildren();
    if (rows.length === 0) return;
    box.append(el('fieldset', {}, el('legend', {}, title), ...rows));
    if (focused >= 0) box.querySelectorAll('input')[focused]?.focus();
  }
}

/** Menus made, for ids. */
let menus = 0;
