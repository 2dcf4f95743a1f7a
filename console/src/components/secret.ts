import type { TFunction } from 'i18next';

/** What saving does to a secret, of which nobody is told what it is: as a change that people read. */
export const secretChange = (t: TFunction, name: string, known: boolean, typed: string) => {
  const before = known ? HIDDEN : '';
  return { name, before, after: typed ? t('common.secret.new') : before };
};

const HIDDEN = '••••••••';
