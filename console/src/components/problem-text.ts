import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';

import { duration, sentences } from '~/format';
import type { Problem } from '~/api/problem';

/** Errors that are put into words here; of the others the server's own are shown. */
const KNOWN = [
  'offline',
  'broken',
  'unauthenticated',
  'wrong_password',
  'wrong_setup_token',
  'too_many_tries',
  'forbidden',
  'not_found',
  'changed_meanwhile',
  'code_needed',
  'wrong_code',
  'busy',
  'internal',
] as const;

/** Makes a sentence of a problem, in the reader's language where there is one. */
export function useProblemText() {
  const { t } = useTranslation();
  return useCallback(
    (problem: Problem) => {
      const code = KNOWN.find((known) => known === problem.code);
      const wait = problem.retryAfter && t('errors.wait', { time: duration(problem.retryAfter) });
      return sentences([code ? t(`errors.${code}`) : problem.message, wait]);
    },
    [t],
  );
}
