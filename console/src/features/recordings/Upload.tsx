import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { useMay } from '~/app/session';
import { Card } from '~/components/Page';
import type { Recording } from './describe';
import { ask } from './hooks';
import { Switches, Way } from './Uploads';

/** Where a recording is in object storage, or on its way there; nothing, where there is none. */
export function Upload({ recording }: { recording: Recording }) {
  const { t } = useTranslation();
  const may = useMay();
  const storage = useQuery({ ...ask.storage, enabled: may('settings:read') });
  // Whoever may not know whether there is a bucket may still have something go there: the server says so where there is none.
  const there = may('settings:read') ? storage.data?.secret_set : may('recordings:write');
  if (!recording.upload && (!there || recording.state !== 'finished')) return null;
  return (
    <Card title={t('recordings.upload.title')}>
      <Stack gap="sm">
        <Way recording={recording} />
        <Switches recording={recording} />
      </Stack>
    </Card>
  );
}
