import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { LoadLive } from '~/components/States';
import { ReachStep } from '~/features/setup/ReachStep';
import { protocol } from '~/format';

/** What the server listens on, and whether that can be reached. */
export function Network() {
  const { t } = useTranslation();
  const may = useMay();
  const live = useLive('system');
  return (
    <>
      <Card title={t('settings.listeners')} text={t('settings.listenersText')} bare>
        <LoadLive live={live}>
          {(system) => (
            <List
              label={t('settings.listeners')}
              rows={system.listeners}
              rowKey={(row) => row.protocol + row.address}
              columns={[
                { name: t('setup.protocol'), lead: true, cell: (row) => <b>{protocol(row.protocol)}</b> },
                { name: t('settings.address'), cell: (row) => <span className="mono">{row.address}</span> },
              ]}
            />
          )}
        </LoadLive>
      </Card>
      {may('settings:read') && <ReachStep />}
      <Text size="sm" c="dimmed">
        {t('settings.networkFile')}
      </Text>
    </>
  );
}
