// Texts in the language of whoever reads them: the one chosen here before, else the browser's. `?lng=` chooses too.

import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

import type en from './en';
import { pseudo } from './pseudo';

export const LANGUAGES = { en: 'English', 'zh-CN': '简体中文' } as const;
export type Language = keyof typeof LANGUAGES;

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
    returnNull: false;
  }
}

const KEPT = 'sluice-language';
/** English in disguise: what is not disguised on a page is text in the code. */
const PSEUDO = 'x-pseudo';

const load: Record<Language, () => Promise<{ default: object }>> = {
  en: () => import('./en'),
  'zh-CN': () => import('./zh-CN'),
};

function wanted(): string {
  const asked = new URLSearchParams(location.search).get('lng');
  if (asked === PSEUDO) return PSEUDO;
  const kept = read();
  // Addresses of Oryx's console begin with the language.
  const former = /\/(zh|en)\/routers-/.exec(location.pathname)?.[1];
  for (const tag of [asked, kept, former, ...navigator.languages]) {
    const language = tag && (tag.toLowerCase().startsWith('zh') ? 'zh-CN' : tag.toLowerCase().startsWith('en') ? 'en' : undefined);
    if (language) {
      if (tag === asked || tag === former) keep(language);
      return language;
    }
  }
  return 'en';
}

function read() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(language: Language) {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // A browser that keeps nothing asks again.
  }
}

async function add(language: string) {
  if (i18next.hasResourceBundle(language, 'translation')) return;
  const texts = language === PSEUDO ? pseudo((await load.en()).default) : (await load[language as Language]()).default;
  i18next.addResourceBundle(language, 'translation', texts);
}

function tell(language: string) {
  document.documentElement.lang = language === PSEUDO ? 'en' : language;
}

/** Loads the texts of the reader's language. */
export async function start() {
  const language = wanted();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
    react: { transKeepBasicHtmlNodesFor: [] },
  });
  await add(language);
  await i18next.changeLanguage(language);
  tell(language);
}

export async function choose(language: Language) {
  await add(language);
  await i18next.changeLanguage(language);
  keep(language);
  tell(language);
}
