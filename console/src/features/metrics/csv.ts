import type { Schema } from '~/api/client';

/** A range as comma-separated values, a row a moment: RFC 4180. Pure. */
export function csv({ times, series }: Schema['RangeView']): string {
  const names = Object.keys(series);
  const rows = times.map((time, index) => [new Date(time * 1000).toISOString(), ...names.map((name) => series[name]?.[index] ?? '')].join(','));
  return `${['time', ...names].join(',')}\r\n${rows.join('\r\n')}\r\n`;
}
