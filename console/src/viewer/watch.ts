// /watch/{app}/{name}: a stream for anybody who has the link.

import { mountPlayer, type View } from '../player';
import { el } from '../player/dom';
import { look, root, type Found } from '../player/server';
import { copyable, page } from './page';
import { placeOf } from './place';

const { root: main, language, words } = page();
const { stream, token, way, autoplay, muted } = placeOf(new URL(location.href), root());

if (stream === null) {
  main.append(el('p', { class: 'lost' }, words.noStream));
} else {
  show(stream);
}

function show(stream: string): void {
  const name = stream.slice(stream.lastIndexOf('/') + 1);
  const badge = el('span', { class: 'badge', hidden: true });
  const viewers = el('span', { class: 'viewers' });
  const screen = el('div', { class: 'screen' });
  const back = el('button', { type: 'button', class: 'back', hidden: true });
  const title = el('div', { class: 'title' }, el('h1', {}, name), badge, viewers, back);
  main.append(screen, el('div', { class: 'below' }, title, share(stream)));

  const tell = (live: boolean, count: number | null) => {
    badge.hidden = false;
    badge.textContent = live ? words.live : words.offline;
    badge.toggleAttribute('data-live', live);
    // Who sees the picture is one of them, also before the server has counted.
    viewers.textContent = count === null ? '' : words.viewers(Math.max(1, count));
    document.title = live ? `● ${name}` : name;
  };
  let past: Found['past'] = null;
  let wentBack = false;
  const offer = (found: Found | null) => {
    if (found !== null) past = found.past;
    const far = past !== null && past.seconds >= WORTHWHILE;
    back.hidden = !wentBack && !far;
    if (wentBack) {
      back.textContent = words.toLive;
    } else if (past !== null && found !== null && found.since !== null) {
      const all = (Date.now() - found.since.getTime()) / 1_000 - past.seconds < BEGINNING;
      back.textContent = all ? words.fromBeginning : words.back(Math.floor(past.seconds / 60));
    }
  };
  back.addEventListener('click', () => {
    if (!wentBack && past === null) return;
    wentBack = !wentBack;
    player.change(wentBack && past !== null ? { sources: [past.source] } : { stream, token });
    player.play();
    offer(null);
  });
  const changed = ({ phase, stream, trouble }: View) => {
    if (phase === 'playing') tell(true, stream?.viewers ?? null);
    if (phase === 'playing') offer(stream);
    if (phase === 'ended' && trouble === 'absent') tell(false, null);
  };
  document.title = name;
  const player = mountPlayer(screen, { stream, token, way, autoplay, muted, language, pageKeys: true, onChange: changed });

  // How many watch, for those who look at the page.
  setInterval(() => {
    if (document.hidden || player.view.phase !== 'playing') return;
    void look(stream, token, AbortSignal.timeout(5_000)).then((found) => {
      if (!found.live) return;
      tell(true, found.viewers);
      offer(found);
    });
  }, 15_000);
}

/** Seconds of the past that are worth a button. */
const WORTHWHILE = 30;
/** What is missing of the beginning, in seconds, so that it is the beginning nevertheless. */
const BEGINNING = 30;

function share(stream: string): HTMLElement {
  const link = new URL(location.href);
  for (const name of ['autoplay', 'muted', 'lng']) link.searchParams.delete(name);
  const path = stream.split('/').map(encodeURIComponent).join('/');
  const frame = new URL(`embed/${path}`, root());
  if (token !== null) frame.searchParams.set('token', token);
  const address = frame.href.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const code = `<iframe src="${address}" width="640" height="360" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`;
  return el(
    'details',
    { class: 'share' },
    el('summary', {}, words.share),
    copyable(words.link, link.href, words),
    copyable(words.embed, code, words),
  );
}
