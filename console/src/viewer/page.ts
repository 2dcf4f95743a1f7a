// What the viewer pages have in common.

import './viewer.css';

import { el } from '../player/dom';
import { preferredLanguage } from '../player/words';
import { words, type Words } from './words';

export interface Page {
  root: HTMLElement;
  language: ReturnType<typeof preferredLanguage>;
  words: Words;
}

/** The page's place for content, with its language set. */
export function page(): Page {
  const root = document.getElementById('root') ?? document.body;
  const language = preferredLanguage();
  document.documentElement.lang = language;
  return { root, language, words: words(language) };
}

/** A text in a field, and a button that copies it. */
export function copyable(label: string, text: string, words: Words): HTMLElement {
  const field = el('input', { readonly: true, value: text, spellcheck: 'false' });
  const button = el('button', { type: 'button' }, words.copy);
  field.addEventListener('focus', () => field.select());
  button.addEventListener('click', () => {
    void copy(field).then((copied) => {
      if (!copied) return;
      button.textContent = words.copied;
      setTimeout(() => (button.textContent = words.copy), 2_000);
    });
  });
  const row = el('span', { class: 'row' }, field, button);
  return el('label', { class: 'field' }, el('span', {}, label), row);
}

/** Pages by plain HTTP have no clipboard but the old way. */
async function copy(field: HTMLInputElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return document.execCommand('copy');
  }
}
