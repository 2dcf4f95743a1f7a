import { Anchor, Button, Group, SegmentedControl, SimpleGrid, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconBroadcast, IconPlus, IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import type { Schema } from '~/api/client';
import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { List } from '~/components/List';
import { Card, Page } from '~/components/Page';
import { Empty, LoadLive } from '~/components/States';
import { Since } from '~/components/Time';
import { number, protocol } from '~/format';
import { Rendition, StreamCard } from './Card';
import { bitrate, bitrateText, sent, trackText, viewers, viewersText } from './describe';
import { families, type Family } from './families';
import { PastStreams } from './Past';
import { State } from './State';

type Stream = Schema['StreamView'];
type Order = 'name' | 'viewers' | 'bitrate';

const ORDERS: Record<Order, (a: Stream, b: Stream) => number> = {
  name: (a, b) => a.id.localeCompare(b.id),
  viewers: (a, b) => viewers(b) - viewers(a),
  bitrate: (a, b) => bitrate(b) - bitrate(a),
};

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const live = useLive('streams', may('streams:read'));
  const [look, setLook] = useLocalStorage<'grid' | 'table'>({ key: 'sluice-streams-look', defaultValue: 'grid', getInitialValueInEffect: false });
  const [order, setOrder] = useLocalStorage<Order>({ key: 'sluice-streams-order', defaultValue: 'name', getInitialValueInEffect: false });
  const [wanted, setWanted] = useState('');
  const goLive = may('keys:read') && (
    <Button component={Link} to="/go-live" leftSection={<IconPlus size={16} />}>
      {t('places.golive')}
    </Button>
  );
  return (
    <Page title={t('places.streams')} text={t('streams.about')} actions={goLive}>
      <Group gap="sm">
        <TextInput aria-label={t('streams.filter')} placeholder={t('streams.filter')} leftSection={<IconSearch size={16} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} flex="1 1 14rem" maw={360} />
        <SegmentedControl
          aria-label={t('streams.order.label')}
          value={order}
          onChange={(value) => setOrder(value as Order)}
          data={(['name', 'viewers', 'bitrate'] as const).map((value) => ({ value, label: t(`streams.order.${value}`) }))}
        />
        <SegmentedControl
          aria-label={t('streams.look.label')}
          value={look}
          onChange={(value) => setLook(value as typeof look)}
          data={(['grid', 'table'] as const).map((value) => ({ value, label: t(`streams.look.${value}`) }))}
        />
      </Group>
      <LoadLive live={live}>
        {(known) => (
          <>
            <Streams all={[...known.values()]} wanted={wanted} order={order} look={look} />
            <PastStreams live={namesOfLive(known.values())} wanted={wanted} />
          </>
        )}
      </LoadLive>
    </Page>
  );
}

function Streams({ all, wanted, order, look }: { all: Stream[]; wanted: string; order: Order; look: 'grid' | 'table' }) {
  const { t } = useTranslation();
  const may = useMay();
  const shown = useMemo(() => families(all, wanted).sort((a, b) => ORDERS[order](a.stream, b.stream)), [all, wanted, order]);
  if (all.length === 0) {
    return (
      <Card>
        <Empty
          icon={<IconBroadcast size={36} stroke={1.4} />}
          title={t('streams.none')}
          text={t('streams.noneText')}
          action={
            may('keys:read') && (
              <Button component={Link} to="/go-live">
                {t('places.golive')}
              </Button>
            )
          }
        />
      </Card>
    );
  }
  if (shown.length === 0) {
    return (
      <Card>
        <Empty title={t('streams.noMatch')} />
      </Card>
    );
  }
  if (look === 'grid') {
    return (
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
        {shown.slice(0, 60).map(({ stream, renditions }) => (
          <StreamCard key={stream.id} stream={stream} renditions={renditions} />
        ))}
      </SimpleGrid>
    );
  }
  return (
    <Card bare>
      <List
        label={t('places.streams')}
        rows={rows(shown).slice(0, 500)}
        rowKey={({ stream }) => stream.id}
        columns={[
          {
            name: t('streams.name'),
            lead: true,
            cell: ({ stream, below }) =>
              below ? (
                <Rendition stream={stream} />
              ) : (
                <Anchor component={Link} to={`/streams/${stream.id}`} fw={600}>
                  {stream.id}
                </Anchor>
              ),
          },
          { name: t('streams.stateName'), cell: ({ stream }) => <State stream={stream} /> },
          { name: t('streams.from'), cell: ({ stream, below }) => (below ? t('streams.rendition') : stream.publisher ? protocol(stream.publisher.protocol) : '–') },
          { name: t('streams.tracks'), cell: ({ stream }) => sent(stream).map(trackText).join(', ') || '–' },
          { name: t('streams.in'), cell: ({ stream }) => bitrateText(stream), end: true },
          { name: t('streams.viewers'), cell: ({ stream }) => <span title={viewersText(stream)}>{number(viewers(stream))}</span>, end: true },
          { name: t('streams.uptime'), cell: ({ stream }) => (stream.publisher ? <Since at={stream.publisher.since} /> : '–'), end: true },
        ]}
      />
    </Card>
  );
}

/** With them changes which are over. */
const namesOfLive = (streams: Iterable<Stream>) =>
  [...streams]
    .filter(({ state }) => state === 'live' || state === 'dropped')
    .map(({ id }) => id)
    .join();

/** Streams one after the other, each followed by its renditions. */
const rows = (shown: Family[]) => shown.flatMap(({ stream, renditions }) => [{ stream, below: false }, ...renditions.map((one) => ({ stream: one, below: true }))]);
