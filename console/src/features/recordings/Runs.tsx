import { Anchor, Badge, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { Since } from '~/components/Time';
import { bytes, duration } from '~/format';
import { streamOf } from './describe';
import type { Job } from './policy';

/** Runs that are drawn. */
const MOST = 20;
const STATES = ['queued', 'running', 'stopping', 'resting', 'failed', 'finished'] as const;
const COLORS = { queued: 'gray', running: 'red', stopping: 'gray', resting: 'yellow', failed: 'red', finished: 'gray' } as const;

/** What a policy does now, stream by stream; `running` is what that is called, if it is not recording. */
export function Runs({ job, running }: { job: Job; running?: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const made = useLive('recordings', may('recordings:read')).known?.items;
  return (
    <div>
      <ul className="runs" aria-label={t('recordings.policy.runsOf', { name: job.label })}>
        {job.runs.slice(0, MOST).map((run) => {
          const state = STATES.find((known) => known === run.state) ?? 'queued';
          const recording = made?.find((one) => one.job === job.id && one.state === 'recording' && streamOf(one) === run.stream);
          return (
            <li key={run.stream ?? ''}>
              <Badge variant="light" color={state === 'running' && running ? 'teal' : COLORS[state]} tt="none" radius="sm">
                {state === 'running' && running ? running : t(`recordings.run.${state}`)}
              </Badge>
              {run.stream && (
                <Anchor component={Link} to={`/streams/${run.stream}`} fw={600} inherit>
                  {run.stream}
                </Anchor>
              )}
              {recording ? (
                <Anchor component={Link} to={`/recordings/${recording.id}`} inherit className="numbers">
                  {duration(recording.seconds)} · {bytes(recording.bytes)}
                </Anchor>
              ) : (
                <Text span inherit c="dimmed" className="numbers">
                  <Since at={run.since} />
                  {run.words && ` · ${run.words}`}
                </Text>
              )}
              {run.error && (
                <Text span inherit c="var(--app-bad)">
                  {run.error}
                </Text>
              )}
            </li>
          );
        })}
      </ul>
      {job.runs.length > MOST && (
        <Text size="sm" c="dimmed">
          {t('recordings.policy.moreRuns', { count: job.runs.length - MOST })}
        </Text>
      )}
    </div>
  );
}
