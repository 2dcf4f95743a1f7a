import { useTranslation } from 'react-i18next';

import { useLive } from '~/api/live';
import { Card } from '~/components/Page';
import { LoadLive } from '~/components/States';
import { Lines } from '~/features/activity/Lines';

/** What the server has written down about one stream lately. */
export function Log({ id }: { id: string }) {
  const { t } = useTranslation();
  const live = useLive('logs');
  return (
    <Card title={t('stream.tab.log')}>
      <LoadLive live={live}>{(lines) => <Lines lines={lines.filter((line) => line.fields?.stream === id)} empty={t('stream.noLog')} />}</LoadLive>
    </Card>
  );
}
