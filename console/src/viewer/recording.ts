// /watch/recordings/{id}: a recording for anybody who has the link, until it expires.

import { mountPlayer, type PlayerHandle } from '../player';
import { el } from '../player/dom';
import { clock } from '../player/figures';
import { root } from '../player/server';
import { page } from './page';
import { placeOf } from './place';
import { showPreviews } from './previews';
import { addressOf, linkOf, lookFor, type Lost, type Shared, type SharedFile } from './shared';

const { root: main, language, words } = page();
const link = linkOf(new URL(location.href), root());
const badge = el('span', { class: 'badge', hidden: true });
const about = el('p', { class: 'about' });
const files = el('div', { class: 'files' });
let player: PlayerHandle | undefined;
let parts: readonly SharedFile[] = [];
let offered = '';
let next: ReturnType<typeof setTimeout> | undefined;

void look();

async function look(): Promise<void> {
  clearTimeout(next);
  const found = await lookFor(link);
  clearTimeout(next);
  if (typeof found === 'string') {
    // What plays goes on as long as it can.
    if (found !== 'unreachable') say(found);
    else if (player === undefined) say(found);
  } else if (player === undefined) {
    open(found);
  } else {
    tell(found);
  }
  if (typeof found === 'string' ? found === 'unreachable' : found.state !== 'finished') next = setTimeout(() => void look(), SOON);
}

/** Instead of the recording. */
function say(lost: Lost): void {
  player?.destroy();
  player = undefined;
  document.title = words.recording;
  const texts: Record<Lost, string> = { wrong: words.linkWrong, expired: words.linkExpired, elsewhere: words.linkElsewhere, gone: words.recordingGone, unreachable: words.unreachable };
  main.replaceChildren(el('p', { class: 'lost', role: 'alert' }, texts[lost]));
}

function open(found: Shared): void {
  const name = found.label ?? words.recording;
  document.title = name;
  const screen = el('div', { class: 'screen' });
  main.replaceChildren(screen, el('div', { class: 'below' }, el('div', { class: 'title' }, el('h1', {}, name), badge), about, files));
  tell(found);
  const { muted } = placeOf(new URL(location.href), root());
  player = mountPlayer(screen, {
    // Also while it is made, from its beginning on.
    sources: [found.hls ? { way: 'hls', url: addressOf(link, 'recordings/{id}/index.m3u8'), growing: true } : { way: 'file', url: addressOf(link, `recordings/{id}/files/${found.files[0]?.number ?? 1}`) }],
    // What is seen first is the picture, which is there when somebody has looked.
    poster: found.picture ? addressOf(link, 'recordings/{id}/picture') : undefined,
    autoplay: false,
    muted,
    language,
    pageKeys: true,
    onChange: ({ phase, trouble }) => {
      if (phase === 'failed' && trouble === 'refused') void look();
    },
  });
  if (found.picture && player.seekBar) showPreviews(player.seekBar, link, () => parts);
}

/** What changes while it is made. */
function tell({ state, started, seconds, expires, files: there }: Shared): void {
  parts = there;
  badge.hidden = state !== 'recording';
  badge.textContent = words.recordingNow;
  badge.toggleAttribute('data-live', state === 'recording');
  // Days are written as the viewer writes them, in the language of the page.
  const locale = navigator.languages.find((tag) => tag.startsWith(language.slice(0, 2))) ?? language;
  const when = (at: Date) => at.toLocaleString(locale, { dateStyle: 'long', timeStyle: 'short' });
  about.textContent = [when(started), clock(seconds), ...(expires === null ? [] : [words.linkUntil(when(expires))])].join(' · ');
  // Nobody's menu closes because the recording grows.
  const now = JSON.stringify([state, there.map(({ number, formats }) => [number, formats])]);
  if (now === offered) return;
  offered = now;
  files.replaceChildren(...(there.length === 0 ? [] : [downloads(there)]));
}

function downloads(there: readonly SharedFile[]): HTMLElement {
  const rows = there.map(({ number, seconds, formats }) => {
    const links = formats.map((format) => {
      const path = `recordings/{id}/files/${number}${format === 'mp4' ? '' : `.${format}`}`;
      const label = there.length === 1 ? words.downloadAs(format.toUpperCase()) : words.downloadPart(number, format.toUpperCase());
      return el('a', { href: addressOf(link, path, { download: 'true' }), download: true, 'aria-label': label }, format.toUpperCase());
    });
    return el('li', {}, ...(there.length === 1 ? [] : [el('span', {}, `${words.part(number)} · ${clock(seconds)}`)]), ...links);
  });
  return el('details', { class: 'share' }, el('summary', {}, words.download), el('ul', { class: 'downloads' }, ...rows));
}

/** Milliseconds until it is looked at again while something of it changes. */
const SOON = 10_000;
