import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { Preview } from '~/features/stream/Preview';
import { trackText } from '~/features/streams/describe';

/** The light: waits for the first picture of a stream, and shows it as soon as it has come. */
export function Signal({ stream }: { stream: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const found = useLive('streams', may('streams:read')).known?.get(stream);
  const live = found?.state === 'live';
  return (
    <Stack gap="sm" aria-live="polite">
      {live ? (
        <Alert color="green" variant="light" icon={<IconCircleCheck size={20} />} title={t('golive.arrived')} data-testid="arrived">
          <Text size="sm">{found.tracks.map(trackText).join(' · ')}</Text>
        </Alert>
      ) : (
        <div className="card card-pad">
          <Group wrap="nowrap" gap="md">
            <Loader type="dots" size="sm" aria-hidden />
            <div>
              <Text fw={600}>{t('golive.waiting')}</Text>
              <Text size="sm" c="dimmed">
                {t('golive.waitingText', { stream })}
              </Text>
            </div>
          </Group>
        </div>
      )}
      {live && found.joinable && <Preview stream={stream} />}
      {live && (
        <Group>
          <Button component={Link} to={`/streams/${stream}`}>
            {t('golive.open')}
          </Button>
          <Button component={Link} to={`/streams/${stream}?tab=play`} variant="default">
            {t('golive.share')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
