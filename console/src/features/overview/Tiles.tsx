import { Progress, SimpleGrid, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { Spark } from '~/components/Spark';
import { bits, bytes, duration, number, percent } from '~/format';

type System = Schema['SystemView'];

/** Values that a small line shows: five minutes, as the server tells every two seconds. */
const MOST = 150;
const NAMES = ['viewers', 'received', 'sent', 'cpu', 'memory'] as const;
type Lines = Record<(typeof NAMES)[number], (number | null)[]>;

/** The state of the server in figures, each with where it comes from. */
export function Tiles({ system }: { system: System }) {
  const { t } = useTranslation();
  const lines = useLines(system);
  const { machine, process, disk } = system;
  const used = machine.memory_total && machine.memory_available !== undefined && machine.memory_available !== null ? machine.memory_total - machine.memory_available : undefined;
  const diskUsed = disk ? ((disk.total - disk.free) / disk.total) * 100 : undefined;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Tile name={t('overview.streams')} value={number(system.publishers)} note={t('overview.uptime', { time: duration(system.uptime) })} />
      <Tile name={t('overview.viewers')} value={number(system.viewers)} line={lines.viewers} />
      <Tile name={t('overview.in')} value={bits((system.received ?? 0) * 8)} line={lines.received} />
      <Tile name={t('overview.out')} value={bits((system.sent ?? 0) * 8)} line={lines.sent} />
      <Tile name={t('overview.cpu')} value={machine.cpu === null || machine.cpu === undefined ? '–' : percent(machine.cpu)} note={process.cpu === null || process.cpu === undefined ? undefined : t('overview.cpuOwn', { cpu: percent(process.cpu / Math.max(machine.cpus, 1), 1) })} line={lines.cpu} />
      <Tile name={t('overview.memory')} value={process.memory ? bytes(process.memory) : '–'} note={used && machine.memory_total ? t('overview.memoryOf', { used: bytes(used), total: bytes(machine.memory_total) }) : undefined} line={lines.memory} />
      <Tile name={t('overview.disk')} value={disk ? bytes(disk.free) : '–'} note={disk ? t('overview.diskOf', { total: bytes(disk.total) }) : undefined} share={diskUsed} />
      <Tile name={t('overview.network')} value={bits((machine.net_sent ?? 0) * 8)} note={t('overview.networkIn', { rate: bits((machine.net_received ?? 0) * 8) })} />
    </SimpleGrid>
  );
}

interface TileProps {
  name: string;
  value: string;
  note?: string;
  line?: readonly (number | null)[];
  /** In percent. */
  share?: number;
}

function Tile({ name, value, note, line, share }: TileProps) {
  return (
    <div className="card card-pad tile">
      <Text size="sm" c="dimmed" truncate>
        {name}
      </Text>
      <span className="tile-value">{value}</span>
      <Text size="xs" c="dimmed" className="numbers" mih={18}>
        {note}
      </Text>
      {line && <Spark values={line} height={28} />}
      {share !== undefined && <Progress value={share} size={6} mt={10} color={share > 90 ? 'red' : share > 75 ? 'yellow' : 'water'} aria-hidden />}
    </div>
  );
}

/** What the server remembers, and from then on what it tells. */
function useLines(system: System): Lines {
  const past = useQuery({ ...ask.range(300, 'viewers,received,sent,system_cpu,memory'), staleTime: Infinity });
  const [lines, setLines] = useState<Lines>({ viewers: [], received: [], sent: [], cpu: [], memory: [] });
  useEffect(() => {
    const series = past.data?.series;
    if (!series) return;
    const thin = (values: (number | null)[] | undefined) => (values ?? []).filter((_, index) => index % 2 === 0).slice(-MOST);
    setLines({ viewers: thin(series.viewers), received: thin(series.received), sent: thin(series.sent), cpu: thin(series.system_cpu), memory: thin(series.memory) });
  }, [past.data]);
  useEffect(() => {
    const now = { viewers: system.viewers, received: system.received ?? null, sent: system.sent ?? null, cpu: system.machine.cpu ?? null, memory: system.process.memory ?? null };
    setLines((known) => {
      const next = { ...known };
      for (const name of NAMES) next[name] = [...known[name], now[name]].slice(-MOST);
      return next;
    });
  }, [system]);
  return lines;
}
