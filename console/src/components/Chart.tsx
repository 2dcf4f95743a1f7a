import 'uplot/dist/uPlot.min.css';

import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import uPlot from 'uplot';

import { dateTime, tick } from '~/format';

export interface Series {
  name: string;
  values: readonly (number | null)[];
}

interface Props {
  label: string;
  /** Seconds of Unix time. */
  times: readonly number[];
  series: readonly Series[];
  format: (value: number) => string;
  /** The axis reaches at least so far: where nothing happens, it has numbers that can be told apart. */
  least?: number;
  /** Ticks at powers of two, for bytes. */
  binary?: boolean;
  height?: number;
  /** Charts of the same name move their cursors together. */
  sync?: string;
}

const COLORS = { light: ['#0d7486', '#b35c00', '#6741d9', '#2b8a3e', '#a61e4d', '#495057'], dark: ['#4cb7c6', '#f0a94b', '#a78bfa', '#69c77f', '#f783ac', '#adb5bd'] };

const POWERS = Array.from({ length: 44 }, (_, power) => 2 ** power);

/** Lines over time. What it shows can be read as a table beside it: see the pages that use it. */
export function Chart({ label, times, series, format, least = 1, binary = false, height = 200, sync }: Props) {
  const { t } = useTranslation();
  const when = t('activity.when');
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme('light');
  const names = series.map((one) => one.name).join('\n');
  const latest = useRef(format);
  latest.current = format;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const colors = COLORS[scheme];
    const [text, grid] = scheme === 'dark' ? ['#a3adb5', '#2a343a'] : ['#565e66', '#e6eaec'];
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '12px system-ui' };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { sync: sync ? { key: sync } : undefined, drag: { x: true, y: false } },
        scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max((high ?? 0) * 1.1, least)] } },
        axes: [{ ...axis, space: 70, values: (_, ticks, _axis, _space, step) => ticks.map((at) => tick(new Date(at * 1000), step)) }, { ...axis, size: (_, labels) => 24 + 7 * Math.max(4, ...(labels ?? []).map((text) => text.length)), incrs: binary ? POWERS : undefined, values: (_, ticks) => ticks.map((tick) => latest.current(tick)) }],
        series: [
          { label: when, value: (_, at) => (at === null ? '–' : dateTime(new Date(at * 1000))) },
          ...names.split('\n').map((name, index) => ({
            label: name,
            stroke: colors[index % colors.length],
            fill: index === 0 ? `${colors[0]}18` : undefined,
            width: 1.6,
            points: { show: false },
            value: (_: uPlot, value: number | null) => (value === null ? '–' : latest.current(value)),
          })),
        ],
      },
      [[], ...names.split('\n').map(() => [])],
      element,
    );
    plot.current = chart;
    const watch = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, [names, scheme, height, sync, when, least, binary]);

  useEffect(() => {
    const chart = plot.current;
    if (!chart) return;
    chart.setData([times as number[], ...series.map((one) => one.values as (number | null)[])]);
    // Nobody points at a moment: the newest is told.
    if (times.length > 0 && (chart.cursor.idx === null || chart.cursor.idx === undefined)) chart.setLegend({ idx: times.length - 1 });
  }, [times, series, names, scheme, height, sync, when, least, binary]);

  return <div ref={place} role="img" aria-label={label} style={{ minHeight: height }} />;
}
