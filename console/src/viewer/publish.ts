// /publish: a guest goes live from the browser, by an invitation (`#token=…`) or with a stream key.

import { el } from '../player/dom';
import { root } from '../player/server';
import { mountPublisher, type PublisherOptions } from '../publish';
import { invited } from './invitation';
import { page } from './page';

const { root: main, language, words } = page();
document.title = words.publishTitle;
const title = el('h1', {}, words.publishTitle);
const about = el('p', { class: 'about', role: 'status', hidden: true });
const place = el('div');
main.classList.add('narrow');
main.append(title, about, place);

const token = tokenOf(new URL(location.href));
if (token === null) askForKey();
else void show(token);

/** In the fragment it is told to no server and no log; links that have it in the query work as well, and lose it at once. */
function tokenOf(address: URL): string | null {
  const hidden = new URLSearchParams(address.hash.slice(1)).get('token');
  const open = address.searchParams.get('token');
  if (open !== null) {
    address.searchParams.delete('token');
    address.hash = new URLSearchParams({ token: open }).toString();
    history.replaceState(null, '', address);
  }
  return hidden ?? open;
}

async function show(token: string): Promise<void> {
  const invitation = await invited(token);
  if (invitation === 'unknown' || invitation === 'gone') {
    say(invitation === 'gone' ? words.invitationGone : words.invitationUnknown);
    return;
  }
  const { label, app, stream, action, expires } = invitation;
  const path = `${app}/${stream}`.split('/').map(encodeURIComponent).join('/');
  if (action === 'play') {
    location.replace(new URL(`watch/${path}?${new URLSearchParams({ token }).toString()}`, root()));
    return;
  }
  const until = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(expires);
  title.textContent = label === '' ? words.publishTitle : label;
  say(`${words.invitedTo(`${app}/${stream}`)} · ${words.invitedUntil(until)}`);
  mount({ stream: `${app}/${stream}`, token });
}

function askForKey(): void {
  const asked = new URLSearchParams(location.search);
  const stream = el('input', { name: 'stream', required: true, value: asked.get('stream') ?? 'live/livestream', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  const key = el('input', { name: 'secret', type: 'password', autocomplete: 'off' });
  const form = el(
    'form',
    { class: 'card' },
    el('label', { class: 'field' }, el('span', {}, words.stream), stream, el('small', {}, words.streamHint)),
    el('label', { class: 'field' }, el('span', {}, words.key), key),
    el('button', { class: 'main' }, words.next),
  );
  stream.addEventListener('input', () => stream.setCustomValidity(''));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = stream.value.trim();
    if (!/^[^/].*\/[^/]+$/.test(name)) {
      stream.setCustomValidity(words.streamWrong);
      stream.reportValidity();
      return;
    }
    say(words.invitedTo(name));
    mount({ stream: name, secret: key.value.trim() });
  });
  place.append(form);
}

function mount(to: PublisherOptions['to']): void {
  const card = el('div', { class: 'card' });
  place.replaceChildren(card);
  mountPublisher(card, { to, language });
}

function say(text: string): void {
  about.hidden = false;
  about.textContent = text;
}
