import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { keyFor } from '~/features/golive/key-for';
import { Recipes } from '~/features/golive/Recipes';
import { Keys } from '~/features/settings/Keys';

/** How to publish this stream, and what lets one in. */
export function Ingest({ id }: { id: string; stream?: Schema['StreamView'] }) {
  const { t } = useTranslation();
  const keys = useQuery(ask.keys);
  const at = id.lastIndexOf('/');
  const [app, stream] = [id.slice(0, at), id.slice(at + 1)];
  return (
    <Stack>
      <Card title={t('stream.ingestTitle')} text={t('stream.ingestText')}>
        <Load query={keys}>{(known) => <Recipes publish={{ app, stream, key: keyFor(known, app, stream) }} />}</Load>
      </Card>
      <Keys only={{ app, stream }} />
    </Stack>
  );
}
