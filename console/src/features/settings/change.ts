import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useAction } from '~/components/form';

/** Changes settings; refused where somebody else has changed them since they were read, whose `tag` this is. */
export function useChange(tag: string | null | undefined, fields?: Parameters<typeof useAction>[1]) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  return useAction(
    (change: Schema['SettingsDocument']) =>
      need(
        api.PATCH('/api/v2/settings', {
          params: { header: tag ? { 'If-Match': tag } : {} },
          body: change,
          headers: { 'content-type': 'application/merge-patch+json' },
        }),
      ),
    { fields: fields?.fields, done: t('settings.saved'), onDone: () => void cache.invalidateQueries({ queryKey: ask.settings.queryKey }) },
  );
}
