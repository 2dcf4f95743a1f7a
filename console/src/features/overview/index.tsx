import { Anchor, Button, Group, List as Points, SegmentedControl, SimpleGrid, Text, ThemeIcon } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconBroadcast, IconCheck, IconCircle } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import type { Schema } from '~/api/client';
import { ear, useLive } from '~/api/live';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Chart } from '~/components/Chart';
import { Card, Page } from '~/components/Page';
import { Empty, Load, LoadLive } from '~/components/States';
import { bits } from '~/format';
import { ofStreams } from '~/features/alerts/alerts';
import { AlertCards } from '~/features/alerts/AlertCards';
import { useServerAlerts } from '~/features/alerts/use-alerts';
import { StreamCard } from '~/features/streams/Card';
import { families } from '~/features/streams/families';
import { viewers } from '~/features/streams/describe';
import { Recent } from './Recent';
import { Tiles } from './Tiles';

const SPANS = [600, 21600, 604800] as const;

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const system = useLive('system', may('system:read'));
  const streams = useLive('streams', may('streams:read'));
  const alerts = [...useServerAlerts(), ...ofStreams(streams.known?.values() ?? [])];
  return (
    <Page title={t('places.overview')}>
      <AlertCards alerts={alerts} />
      <LoadLive live={system} lines={3}>
        {(known) => <Tiles system={known} />}
      </LoadLive>
      <Checklist streams={streams.known} />
      <Card title={t('overview.live')} actions={<Anchor component={Link} to="/streams" size="sm">{t('overview.all')}</Anchor>}>
        <LoadLive live={streams}>{(known) => <Now streams={[...known.values()]} />}</LoadLive>
      </Card>
      <Bandwidth />
      {may('accounts:read') && <Recent />}
    </Page>
  );
}

function Now({ streams }: { streams: Schema['StreamView'][] }) {
  const { t } = useTranslation();
  const may = useMay();
  const live = families(streams.filter((stream) => stream.publisher)).sort((a, b) => viewers(b.stream) - viewers(a.stream));
  if (live.length === 0) {
    return (
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
    );
  }
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      {live.slice(0, 6).map(({ stream, renditions }) => (
        <StreamCard key={stream.id} stream={stream} renditions={renditions} />
      ))}
    </SimpleGrid>
  );
}

/** What comes in and goes out, over time. */
function Bandwidth() {
  const { t } = useTranslation();
  const [span, setSpan] = useState<number>(SPANS[0]);
  const cache = useQueryClient();
  const options = useMemo(() => ask.range(span, 'received,sent'), [span]);
  const range = useQuery(options);
  useEffect(() => {
    const every = span === 600 ? 4_000 : 60_000;
    let last = Date.now();
    return ear.onEvent((topic) => {
      if (topic !== 'system' || Date.now() - last < every) return;
      last = Date.now();
      void cache.invalidateQueries({ queryKey: options.queryKey });
    });
  }, [cache, options, span]);
  const series = useMemo(
    () => [
      { name: t('overview.in'), values: (range.data?.series.received ?? []).map((value) => value && value * 8) },
      { name: t('overview.out'), values: (range.data?.series.sent ?? []).map((value) => value && value * 8) },
    ],
    [range.data, t],
  );
  return (
    <Card
      title={t('overview.bandwidth')}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={t('metrics.span')}
          value={String(span)}
          onChange={(value) => setSpan(Number(value))}
          data={SPANS.map((value) => ({ value: String(value), label: t(`metrics.spans.${value}`) }))}
        />
      }
    >
      <Load query={range}>{(data) => <Chart label={t('overview.bandwidth')} times={data.times} series={series} format={bits} least={1000} height={220} />}</Load>
    </Card>
  );
}

/** The first things to do with a new server, until they are done. */
function Checklist({ streams }: { streams: ReadonlyMap<string, Schema['StreamView']> | undefined }) {
  const { t } = useTranslation();
  const may = useMay();
  const [gone, setGone] = useState(() => localStorage.getItem(DONE) === 'yes');
  const certificates = useQuery({ ...ask.certificates, enabled: may('settings:read') && !gone });
  if (gone || !may('settings:read') || !streams || !certificates.data) return null;
  const items = [
    { name: 'stream', done: [...streams.values()].some((stream) => stream.publisher), to: '/go-live' },
    { name: 'watch', done: [...streams.values()].some((stream) => viewers(stream) > 0), to: '/streams' },
    { name: 'https', done: !['none', 'self_signed'].includes(certificates.data.source), to: '/settings?tab=https' },
  ] as const;
  const close = () => {
    localStorage.setItem(DONE, 'yes');
    setGone(true);
  };
  return (
    <Card
      title={t('overview.first')}
      actions={
        <Button size="xs" variant="subtle" color="gray" onClick={close}>
          {t('overview.dismiss')}
        </Button>
      }
    >
      <Points spacing="xs" center listStyleType="none">
        {items.map(({ name, done, to }) => (
          <Points.Item
            key={name}
            icon={
              <ThemeIcon variant="transparent" color={done ? 'green' : 'gray'} size={22} role="img" aria-label={done ? t('overview.done') : t('overview.open')}>
                {done ? <IconCheck size={18} /> : <IconCircle size={18} />}
              </ThemeIcon>
            }
          >
            <Group gap="xs">
              {done ? (
                <Text size="sm" c="dimmed">
                  {t(`overview.do.${name}`)}
                </Text>
              ) : (
                <Anchor component={Link} to={to} size="sm">
                  {t(`overview.do.${name}`)}
                </Anchor>
              )}
            </Group>
          </Points.Item>
        ))}
      </Points>
    </Card>
  );
}

const DONE = 'sluice-first-steps';
