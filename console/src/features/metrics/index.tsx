import { Button, Group, SegmentedControl, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconDownload } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { ear, useLive } from '~/api/live';
import { at } from '~/api/mount';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Chart } from '~/components/Chart';
import { save } from '~/components/copy';
import { CopyField } from '~/components/Copy';
import { Card, Page } from '~/components/Page';
import { Load } from '~/components/States';
import { bits, bytes, clock, dateTime, number, percent, protocol } from '~/format';
import { csv } from './csv';

const SPANS = [600, 3600, 21600, 86400, 604800] as const;

type Range = Schema['RangeView'];
type Name = 'bandwidth' | 'viewers' | 'streams' | 'cpu' | 'memory' | 'network' | 'disk' | 'sockets' | 'refused';

interface Plot {
  name: Name;
  /** Names of the server's series, each with its text. */
  series: (range: Range) => { key: string; name: string }[];
  format: (value: number) => string;
  /** What the server's values are multiplied by. */
  scale?: number;
  /** As the chart has them. */
  least?: number;
  binary?: boolean;
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  // So that the page hears of time going by.
  useLive('system', may('system:read'));
  const [span, setSpan] = useState<number>(SPANS[0]);
  const [table, setTable] = useState(false);
  const cache = useQueryClient();
  const options = useMemo(() => ask.range(span, undefined), [span]);
  const range = useQuery({ ...options, enabled: may('system:read') });
  useEffect(() => {
    const every = span <= 600 ? 4_000 : span <= 21600 ? 15_000 : 60_000;
    let last = Date.now();
    return ear.onEvent((topic) => {
      if (topic !== 'system' || Date.now() - last < every) return;
      last = Date.now();
      void cache.invalidateQueries({ queryKey: options.queryKey });
    });
  }, [cache, options, span]);

  const one = (key: string, name: string) => () => [{ key, name }];
  const plots: Plot[] = [
    { name: 'bandwidth', format: bits, scale: 8, least: 1000, series: () => [{ key: 'received', name: t('overview.in') }, { key: 'sent', name: t('overview.out') }] },
    {
      name: 'viewers',
      format: number,
      least: 4,
      series: (known) => {
        const by = Object.keys(known.series).filter((key) => key.startsWith('viewers.'));
        return by.length > 0 ? by.map((key) => ({ key, name: protocol(key.slice('viewers.'.length)) })) : [{ key: 'viewers', name: t('overview.viewers') }];
      },
    },
    { name: 'streams', format: number, least: 4, series: one('publishers', t('places.streams')) },
    { name: 'cpu', format: (value) => percent(value, 1), series: () => [{ key: 'cpu', name: t('metrics.process') }, { key: 'system_cpu', name: t('metrics.machine') }] },
    { name: 'memory', format: bytes, binary: true, series: () => [{ key: 'memory', name: t('metrics.process') }, { key: 'media', name: t('metrics.media') }, { key: 'system_memory', name: t('metrics.machine') }] },
    { name: 'network', format: bits, scale: 8, least: 1000, series: () => [{ key: 'net_received', name: t('overview.in') }, { key: 'net_sent', name: t('overview.out') }] },
    { name: 'disk', format: (value) => `${bytes(value)}/s`, least: 1024, binary: true, series: () => [{ key: 'disk_written', name: t('metrics.written') }, { key: 'disk_read', name: t('metrics.read') }] },
    { name: 'sockets', format: number, least: 4, series: () => [{ key: 'sockets', name: t('metrics.socketsTcp') }, { key: 'open_files', name: t('metrics.files') }] },
    { name: 'refused', format: number, least: 4, series: () => [{ key: 'refused_publishers', name: t('metrics.publishers') }, { key: 'refused_viewers', name: t('overview.viewers') }] },
  ];
  return (
    <Page
      title={t('places.metrics')}
      actions={
        <>
          <Button variant="default" size="sm" aria-pressed={table} onClick={() => setTable(!table)}>
            {table ? t('metrics.asCharts') : t('metrics.asTable')}
          </Button>
          <Button variant="default" size="sm" leftSection={<IconDownload size={16} />} disabled={!range.data} onClick={() => range.data && save(new Blob([csv(range.data)], { type: 'text/csv' }), 'sluice-metrics.csv')}>
            {CSV}
          </Button>
        </>
      }
    >
      <SegmentedControl
        aria-label={t('metrics.span')}
        value={String(span)}
        onChange={(value) => setSpan(Number(value))}
        data={SPANS.map((value) => ({ value: String(value), label: t(`metrics.spans.${value}`) }))}
        w={{ base: '100%', sm: 'max-content' }}
      />
      <Load query={range}>
        {(data) => (
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            {plots.map((plot) => (
              <Card key={plot.name} title={t(`metrics.plot.${plot.name}`)}>
                <One plot={plot} data={data} table={table} />
              </Card>
            ))}
          </SimpleGrid>
        )}
      </Load>
      {may('metrics:read') && (
        <Card title={PROMETHEUS} text={t('metrics.prometheus')}>
          <Stack maw={560}>
            <CopyField label={t('metrics.scrape')} value={at('metrics')} />
          </Stack>
        </Card>
      )}
    </Page>
  );
}

const [CSV, PROMETHEUS] = ['CSV', 'Prometheus'];

function One({ plot, data, table }: { plot: Plot; data: Range; table: boolean }) {
  const { t } = useTranslation();
  const scale = plot.scale ?? 1;
  const keys = plot.series(data);
  const text = JSON.stringify(keys);
  const series = useMemo(
    () => (JSON.parse(text) as typeof keys).map(({ key, name }) => ({ name, values: (data.series[key] ?? []).map((value) => (value === null ? null : value * scale)) })),
    [data, text, scale],
  );
  const title = t(`metrics.plot.${plot.name}`);
  if (!table) return <Chart label={title} times={data.times} series={series} format={plot.format} least={plot.least} binary={plot.binary} sync="metrics" height={190} />;
  // A table of all seconds is for nobody: some twelve moments.
  const every = Math.max(1, Math.floor(data.times.length / 12));
  const rows = data.times.map((_, index) => index).filter((index) => index % every === every - 1);
  return (
    <Table.ScrollContainer minWidth={300}>
      <Table aria-label={title} className="numbers" verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('activity.when')}</Table.Th>
            {series.map(({ name }) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((index) => {
            const moment = new Date((data.times[index] ?? 0) * 1000);
            return (
              <Table.Tr key={index}>
                <Table.Td>
                  <Group gap={4}>
                    <Text size="xs">{data.step < 60 ? clock(moment) : dateTime(moment)}</Text>
                  </Group>
                </Table.Td>
                {series.map(({ name, values }) => {
                  const value = values[index];
                  return <Table.Td key={name}>{value === null || value === undefined ? '–' : plot.format(value)}</Table.Td>;
                })}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
