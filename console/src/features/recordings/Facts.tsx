import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { dateTime } from '~/format';
import type { Recording } from './describe';

/** What there is to know of a recording beside what stands at its title. */
export function Facts({ recording }: { recording: Recording }) {
  const { t } = useTranslation();
  const may = useMay();
  const jobs = useLive('jobs', may('jobs:read'));
  const job = jobs.known?.find(({ id }) => id === recording.job);
  const rows: [string, ReactNode][] = [
    [t('recordings.began'), dateTime(new Date(recording.started))],
    ...(recording.ended ? [[t('recordings.endedAt'), dateTime(new Date(recording.ended))] as [string, ReactNode]] : []),
    ...(recording.clip_of
      ? [
          [
            t('recordings.partOf'),
            <Anchor key="whole" component={Link} to={`/recordings/${recording.clip_of}`} inherit>
              {t('recordings.whole')}
            </Anchor>,
          ] as [string, ReactNode],
        ]
      : []),
    ...(recording.why ? [[t('recordings.why'), recording.why] as [string, ReactNode]] : []),
    ...(jobs.known
      ? [
          [
            t('recordings.by'),
            job ? (
              <Anchor key="job" component={Link} to="/recordings?tab=policies" inherit>
                {job.label}
              </Anchor>
            ) : (
              t('recordings.byGone')
            ),
          ] as [string, ReactNode],
        ]
      : []),
  ];
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
