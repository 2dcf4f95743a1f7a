import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { ear } from '~/api/live';
import { ask } from '~/api/queries';
import { Chart } from '~/components/Chart';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Empty, Load } from '~/components/States';
import { bits, bytes, number } from '~/format';
import { codec } from '~/features/streams/describe';
import { jitter, loss, measured, rtt } from './network';

const SPAN = 600;

/** How a stream comes in: its tracks now, and the last ten minutes. */
export function Health({ id, stream }: { id: string; stream: Schema['StreamView'] | undefined }) {
  const { t } = useTranslation();
  if (!stream?.publisher) {
    return (
      <Card>
        <Empty title={t('stream.nothingNow')} />
      </Card>
    );
  }
  const { publisher } = stream;
  return (
    <Stack>
      <Card title={t('stream.tracks')} bare>
        <List
          label={t('stream.tracks')}
          rows={stream.tracks}
          rowKey={(track) => track.id}
          columns={[
            { name: t('stream.codec'), lead: true, cell: (track) => <b title={track.parameters ?? undefined}>{codec(track.codec)}</b> },
            { name: t('stream.kind'), cell: (track) => (track.derived ? t('stream.derived', { kind: t(`stream.kinds.${track.kind as 'video'}`) }) : t(`stream.kinds.${track.kind as 'video'}`)) },
            {
              name: t('stream.format'),
              cell: (track) =>
                track.width ? `${track.width}×${track.height}` : track.sample_rate ? `${number(track.sample_rate / 1000, 1)} kHz · ${t('stream.channels', { count: track.channels ?? 0 })}` : '–',
            },
            { name: t('stream.bitrate'), cell: (track) => bits(track.bitrate), end: true },
            { name: t('stream.fps'), cell: (track) => (track.kind === 'video' ? number(track.fps, 1) : '–'), end: true },
            { name: t('stream.gop'), cell: (track) => (track.kind === 'video' && track.gop ? `${number(track.gop, 1)} s` : '–'), end: true },
            { name: t('stream.gaps'), cell: (track) => number(track.discontinuities), end: true },
          ]}
        />
      </Card>
      <History id={id} />
      <Card title={t('stream.publisher')}>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
          <Fact name={t('stream.address')} value={publisher.address} />
          <Fact name={t('stream.agent')} value={publisher.agent || '–'} />
          <Fact name={t('stream.received')} value={bytes(publisher.bytes)} />
          <Fact name={t('stream.memory')} value={bytes(stream.memory)} />
          {measured(publisher) && (
            <>
              <Fact name={t('stream.rtt')} value={rtt(publisher)} />
              <Fact name={t('stream.loss')} value={loss(publisher)} />
              <Fact name={t('stream.jitter')} value={jitter(publisher)} />
            </>
          )}
        </SimpleGrid>
      </Card>
    </Stack>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="sm" className="numbers">
        {value}
      </Text>
    </div>
  );
}

function History({ id }: { id: string }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const options = useMemo(() => ask.range(SPAN, 'received,sent,fps', id), [id]);
  const range = useQuery({ ...options, retry: false });
  // The history grows each second; what the server tells is the clock.
  useEffect(() => {
    let last = Date.now();
    return ear.onEvent((topic) => {
      if (topic !== 'streams' || Date.now() - last < 2_000) return;
      last = Date.now();
      void cache.invalidateQueries({ queryKey: options.queryKey });
    });
  }, [cache, options]);
  const data = range.data;
  const rates = useMemo(
    () => [
      { name: t('stream.in'), values: (data?.series.received ?? []).map((value) => value && value * 8) },
      { name: t('stream.out'), values: (data?.series.sent ?? []).map((value) => value && value * 8) },
    ],
    [data, t],
  );
  const fps = useMemo(() => [{ name: t('stream.fps'), values: data?.series.fps ?? [] }], [data, t]);
  if (!data) return <Load query={range}>{() => null}</Load>;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Card title={t('stream.rates')}>
        <Chart label={t('stream.rates')} times={data.times} series={rates} format={bits} least={1000} sync={id} height={170} />
      </Card>
      <Card title={t('stream.fpsTitle')}>
        <Chart label={t('stream.fpsTitle')} times={data.times} series={fps} format={(value) => number(value, 1)} least={10} sync={id} height={170} />
      </Card>
    </SimpleGrid>
  );
}
