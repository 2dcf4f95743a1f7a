// The pages at the addresses of Oryx's: /players/… and /tools/…, with the same parameters. They play and publish anywhere.

import { mountPlayer, type PlayerHandle } from '../player';
import { el } from '../player/dom';
import type { PublisherHandle } from '../publish';
import { addressOf, endpointOf, kindOf, sourceOf } from './addresses';
import { page } from './page';

const { root: main, language, words } = page();
const here = new URL(location.href);
const kind = kindOf(here.pathname) ?? 'url';
const publishes = kind === 'whip' || kind === 'rtc-publish';
let mounted: PlayerHandle | PublisherHandle | null = null;

const field = el('input', { type: 'text', inputmode: 'url', value: addressOf(kind, here), 'aria-label': words.url, spellcheck: 'false', autocapitalize: 'off' });
const button = el('button', { class: 'main' }, publishes ? words.publish : words.play);
const form = el('form', { class: 'row' }, field, button);
const place = el('div', { class: publishes ? 'card' : 'screen', hidden: true });
main.classList.add('legacy');
const title = publishes ? words.publish : words.play;
main.append(el('h1', {}, title), form, place);
document.title = title;

field.addEventListener('input', () => field.setCustomValidity(''));
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void start();
});
// The bare pages of tools/ played at once, as do the others when they are told to.
if (here.searchParams.get('autostart') === 'true' || (kind === 'url' && field.value !== '')) void start();

async function start(): Promise<void> {
  mounted?.destroy();
  mounted = null;
  const address = field.value;
  const endpoint = publishes ? endpointOf(address, here) : null;
  const source = publishes ? null : sourceOf(address, here);
  if (endpoint === null && source === null) {
    field.setCustomValidity(words.schemeWrong);
    field.reportValidity();
    return;
  }
  place.hidden = false;
  if (source !== null) {
    mounted = mountPlayer(place, { sources: [source], language, muted: kind === 'url', pageKeys: false });
  } else if (endpoint !== null) {
    const { mountPublisher } = await import('../publish');
    mounted = mountPublisher(place, { to: { endpoint }, language, autostart: true });
  }
}
