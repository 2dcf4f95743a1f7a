// Pictures over the player's seek bar: what is at a moment, before somebody goes there.

import { el } from '../player/dom';
import { clock } from '../player/figures';
import { addressOf, type Link, type SharedFile } from './shared';

/** As the API has them. */
interface Previews {
  width: number;
  height: number;
  columns: number;
  /** Seconds from the beginning of the file. */
  times: number[];
}

/** In which file a moment of the whole is, and where in it. */
export function fileOf<F extends { seconds: number }>(files: readonly F[], moment: number): { file: F; at: number } | undefined {
  for (const file of files) {
    if (moment < file.seconds) return { file, at: moment };
    moment -= file.seconds;
  }
  return undefined;
}

/** Where on the sheet the picture of `at` stands: the last that is not later, or the first. */
export function windowOf({ width, height, columns, times }: Previews, at: number): { left: number; top: number } {
  const index = Math.max(0, times.filter((time) => time <= at).length - 1);
  return { left: -(index % columns) * width, top: -Math.floor(index / columns) * height };
}

/** Shows them over `bar`, whose values are seconds of `files`. */
export function showPreviews(bar: HTMLInputElement, link: Link, files: () => readonly SharedFile[]): void {
  const box = bar.closest('.sp');
  const time = el('span');
  const sheet = el('img', { alt: '' });
  const tile = el('div', { hidden: true }, sheet);
  const shown = el('div', { class: 'pointed', 'aria-hidden': true, hidden: true }, tile, time);
  box?.append(shown);
  const known = new Map<number, Previews | null>();
  let wanted: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ask = async (number: number) => {
    known.set(number, null);
    const response = await fetch(addressOf(link, `recordings/{id}/files/${number}/previews`), { credentials: 'omit' }).catch(() => undefined);
    if (response?.ok !== true) return;
    known.set(number, (await response.json()) as Previews);
    if (wanted !== undefined) show(wanted);
  };
  const show = (moment: number) => {
    wanted = moment;
    const [frame, around] = [bar.getBoundingClientRect(), (box ?? bar).getBoundingClientRect()];
    const middle = frame.left - around.left + THUMB + (frame.width - 2 * THUMB) * (moment / Number(bar.max));
    shown.style.left = `${Math.min(around.width - HALF, Math.max(HALF, middle))}px`;
    shown.hidden = false;
    time.textContent = clock(moment);
    const place = fileOf(files(), moment);
    const number = place?.file.number ?? 0;
    const previews = known.get(number);
    clearTimeout(timer);
    // The server makes them for who wants them first: nothing is asked for who only passes by.
    if (place?.file.finished && previews === undefined) timer = setTimeout(() => void ask(number), STAYS);
    tile.hidden = !previews || previews.times.length === 0;
    if (!place || !previews) return;
    const { left, top } = windowOf(previews, place.at);
    const address = addressOf(link, `recordings/{id}/files/${number}/previews.jpg`);
    if (sheet.src !== address) sheet.src = address;
    Object.assign(tile.style, { width: `${previews.width}px`, height: `${previews.height}px` });
    sheet.style.translate = `${left}px ${top}px`;
  };
  const hide = () => {
    clearTimeout(timer);
    wanted = undefined;
    shown.hidden = true;
  };

  bar.addEventListener('pointermove', ({ clientX, pointerType }) => {
    if (pointerType === 'touch') return;
    const { left, width } = bar.getBoundingClientRect();
    const share = (clientX - left - THUMB) / (width - 2 * THUMB);
    show(Math.min(1, Math.max(0, share)) * Number(bar.max));
  });
  // By a finger or by keys.
  bar.addEventListener('input', () => show(Number(bar.value)));
  for (const type of ['pointerleave', 'pointerup', 'pointercancel', 'blur']) bar.addEventListener(type, hide);
}

/** Half of what the bar's handle is wide: so far from its ends the range's ends are. */
const THUMB = 8;
/** Half of what a picture is wide. */
const HALF = 88;
/** Milliseconds. */
const STAYS = 200;
