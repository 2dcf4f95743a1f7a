// /watch/{app}/{name}: a stream for anybody who has the link.

import { mountPlayer, type View } from '../player';
import { el } from '../player/dom';
import { look, root } from '../player/server';
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
  const title = el('div', { class: 'title' }, el('h1', {}, name), badge, viewers);
  main.append(screen, el('div', { class: 'below' }, title, share(stream)));

  const tell = (live: boolean, count: number | null) => {
    badge.hidden = false;
    badge.textContent = live ? words.live : words.offline;
    badge.toggleAttribute('data-live', live);
    // Who sees the picture is one of them, also before the server has counted.
    viewers.textContent = count === null ? '' : words.viewers(Math.max(1, count));
    document.title = live ? `● ${name}` : name;
  };
  const changed = ({ phase, stream, trouble }: View) => {
    if (phase === 'playing') tell(true, stream?.viewers ?? null);
    if (phase === 'ended' && trouble === 'absent') tell(false, null);
  };
  document.title = name;
  const player = mountPlayer(screen, { stream, token, way, autoplay, muted, language, pageKeys: true, onChange: changed });

  // How many watch, for those who look at the page.
  setInterval(() => {
    if (document.hidden || player.view.phase !== 'playing') return;
    void look(stream, token, AbortSignal.timeout(5_000)).then((found) => {
      if (found.live) tell(true, found.viewers);
    });
  }, 15_000);
}

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
