import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import type { Schema } from '~/api/client';
import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { Preview } from '~/features/stream/Preview';
import { sent, trackText } from '~/features/streams/describe';

/** Whoever waits may have published by another name, as the one that the server prints at its start. */
function latest(streams: Iterable<Schema['StreamView']> = []) {
  const since = (stream: Schema['StreamView']) => stream.publisher?.since ?? '';
  return [...streams].filter(({ state, parent }) => state === 'live' && !parent).sort((a, b) => since(b).localeCompare(since(a)))[0];
}

/** The light: waits for the first picture of a stream, and shows it as soon as it has come. */
export function Signal({ stream }: { stream: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const { known } = useLive('streams', may('streams:read'));
  const found = known?.get(stream);
  const live = found?.state === 'live';
  const other = live ? undefined : latest(known?.values());
  return (
    <Stack gap="sm" aria-live="polite">
      {live ? (
        <Alert color="green" variant="light" icon={<IconCircleCheck size={20} />} title={t('golive.arrived')} data-testid="arrived">
          <Text size="sm">{sent(found).map(trackText).join(' · ')}</Text>
        </Alert>
      ) : (
        <div className="card card-pad">
          <Group wrap="nowrap" gap="md">
            <span className="dot" data-mood="doubt" aria-hidden />
            <div>
              <Text fw={600}>{t('golive.waiting')}</Text>
              <Text size="sm" c="dimmed">
                {t('golive.waitingText', { stream })}
              </Text>
            </div>
          </Group>
        </div>
      )}
      {other && (
        <Text size="sm" c="dimmed">
          <Trans i18nKey="golive.another" values={{ stream: other.id }} components={{ to: <Anchor component={Link} to={`/streams/${other.id}`} inherit underline="always" /> }} />
        </Text>
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
