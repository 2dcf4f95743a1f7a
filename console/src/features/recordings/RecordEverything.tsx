import { Button } from '@mantine/core';
import { IconPlayerRecordFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { api, need } from '~/api/client';
import { useAction } from '~/components/form';
import { EMPTY, newJob } from './policy';

/** The first policy, by one press. */
export function RecordEverything() {
  const { t } = useTranslation();
  const { run, busy } = useAction(() => need(api.POST('/api/v2/jobs', { body: newJob({ ...EMPTY, label: t('recordings.everything') }) })), { done: t('recordings.everythingDone') });
  return (
    <Button leftSection={<IconPlayerRecordFilled size={16} />} loading={busy} onClick={() => void run(undefined)}>
      {t('recordings.everythingDo')}
    </Button>
  );
}
