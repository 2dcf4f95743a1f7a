import { Anchor, Group, Text } from '@mantine/core';
import { IconCornerDownRight, IconEye } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import type { Schema } from '~/api/client';
import { Snapshot } from '~/components/Snapshot';
import { Since } from '~/components/Time';
import { number } from '~/format';
import { bitrateText, sent, trackText, viewers } from './describe';
import { State } from './State';

/** A stream as a picture with what matters about it, and its renditions below. */
export function StreamCard({ stream, renditions = [] }: { stream: Schema['StreamView']; renditions?: Schema['StreamView'][] }) {
  const { t } = useTranslation();
  if (renditions.length === 0) return <One stream={stream} />;
  return (
    <div>
      <One stream={stream} />
      <ul className="renditions" aria-label={t('streams.renditionsOf', { stream: stream.id })}>
        {renditions.map((one) => (
          <li key={one.id}>
            <Rendition stream={one} />
            <Text span size="xs" c="dimmed" className="numbers">
              {bitrateText(one)} · {t('streams.viewersCount', { count: viewers(one) })}
            </Text>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A stream that belongs to the one above it. */
export function Rendition({ stream }: { stream: Schema['StreamView'] }) {
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      <IconCornerDownRight size={15} aria-hidden style={{ flex: 'none' }} />
      <Anchor component={Link} to={`/streams/${stream.id}`} fz="sm">
        {stream.id}
      </Anchor>
    </Group>
  );
}

function One({ stream }: { stream: Schema['StreamView'] }) {
  const { t } = useTranslation();
  const video = stream.tracks.find((track) => track.kind === 'video');
  return (
    <Link to={`/streams/${stream.id}`} className="card stream-card">
      <Snapshot stream={stream.id} live={stream.state === 'live' && !!video} />
      <div className="card-pad">
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Text fw={600} truncate>
            {stream.id}
          </Text>
          <State stream={stream} />
        </Group>
        <Group gap="md" mt={4} c="dimmed" fz="sm" className="numbers">
          <Group gap={4} wrap="nowrap">
            <IconEye size={16} aria-hidden />
            <span aria-label={t('streams.viewersCount', { count: viewers(stream) })}>{number(viewers(stream))}</span>
          </Group>
          <span>{bitrateText(stream)}</span>
          {stream.publisher && <Since at={stream.publisher.since} />}
        </Group>
        <Text size="xs" c="dimmed" mt={4} truncate>
          {sent(stream).map(trackText).join(' · ') || ' '}
        </Text>
      </div>
    </Link>
  );
}
