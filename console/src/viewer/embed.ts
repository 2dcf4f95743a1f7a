// /embed/{app}/{name}: the player and nothing else, for a frame on another page.

import { mountPlayer } from '../player';
import { el } from '../player/dom';
import { root } from '../player/server';
import { page } from './page';
import { placeOf } from './place';

const { root: main, language, words } = page();
const { stream, token, way, autoplay, muted, controls } = placeOf(new URL(location.href), root());
document.body.classList.add('whole');

if (stream === null) {
  main.append(el('p', { class: 'lost' }, words.noStream));
} else {
  document.title = stream;
  const screen = el('div', { class: 'frame' });
  main.append(el('h1', { class: 'unseen' }, stream), screen);
  mountPlayer(screen, { stream, token, way, autoplay, muted, controls, language, pageKeys: true });
}
