import { Button, Tooltip } from '@mantine/core';
import { IconPlayerRecordFilled, IconPlayerStopFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, need } from '~/api/client';
import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { useAction } from '~/components/form';
import { duration } from '~/format';
import { streamOf } from './describe';
import { policyFor } from './policy';

/** Whether the stream `id` is being recorded, with the way there, and a button that has it so or not. */
export function RecordButton({ id }: { id: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const made = useLive('recordings', may('recordings:read')).known?.items.find((one) => one.state === 'recording' && streamOf(one) === id);
  const jobs = useLive('jobs', may('jobs:read')).known;
  const wanted = !!made || (!!jobs && !!policyFor(jobs, id));
  const turn = useAction((on: boolean) => need(api.PUT('/api/v2/streams/{id}/recording', { params: { path: { id } }, body: { wanted: on } })), {
    done: t(wanted ? 'recordings.button.stopped' : 'recordings.button.started'),
  });
  return (
    <>
      {made && (
        <Button component={Link} to={`/recordings/${made.id}`} variant="default" className="numbers" leftSection={<span className="dot" data-mood="bad" data-pulse />} title={t('recordings.button.open')}>
          {t('recordings.button.records', { time: duration(made.seconds) })}
        </Button>
      )}
      {may('jobs:write') && jobs && (
        <Tooltip label={t(wanted ? 'recordings.button.stopText' : 'recordings.button.startText')} multiline maw={320}>
          <Button variant="default" loading={turn.busy} onClick={() => void turn.run(!wanted)} leftSection={wanted ? <IconPlayerStopFilled size={16} /> : <IconPlayerRecordFilled size={16} color="var(--app-bad)" />}>
            {t(wanted ? 'recordings.button.stop' : 'recordings.button.start')}
          </Button>
        </Tooltip>
      )}
    </>
  );
}
