// Figures over the picture, for those who want to know.

import { el } from './dom';
import { rows } from './figures';
import type { Player } from './player';
import { wayName } from './said';
import type { Words } from './words';

export class Overlay {
  readonly element = el('dl', { class: 'sp-figures', hidden: true });
  onShow: ((shown: boolean) => void) | null = null;
  #before: { decoded: number; at: number } | null = null;

  constructor(
    private readonly player: Player,
    private readonly words: Words,
  ) {}

  get shown(): boolean {
    return !this.element.hidden;
  }

  show(shown: boolean): void {
    this.element.hidden = !shown;
    this.onShow?.(shown);
    if (shown) void this.measure();
  }

  /** Measures, which some engines need to tell their latency, and shows it if that is wanted. To be called about once a second. */
  async measure(): Promise<void> {
    const figures = await this.player.statistics();
    const now = { decoded: figures.decoded ?? 0, at: performance.now() };
    const before = this.#before;
    this.#before = now;
    if (!this.shown) return;
    const counted = before === null || now.at - before.at < 500 ? null : ((now.decoded - before.decoded) * 1000) / (now.at - before.at);
    const { way, detail, phase } = this.player.view;
    const list = rows(figures, figures.fps ?? counted, this.words);
    if (way !== null) list.unshift([this.words.delivery, wayName(way, this.words)]);
    if (detail !== '' && phase !== 'playing') list.push(['', detail]);
    this.element.replaceChildren(
      ...list.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
    );
  }
}
