import { Button, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { api, need } from '~/api/client';
import { useMay } from '~/app/session';
import { useConfirm } from '~/components/confirm';
import { useAction } from '~/components/form';
import type { Job } from './policy';

/** Whether a job is to do its work. */
export function JobSwitch({ job }: { job: Job }) {
  const { t } = useTranslation();
  const write = useMay()('jobs:write');
  const turn = useAction(() => need(api.PATCH('/api/v2/jobs/{id}', { params: { path: { id: job.id } }, body: { wanted: !job.wanted } })));
  return <Switch checked={job.wanted} disabled={!write || turn.busy} onChange={() => void turn.run(undefined)} label={t('recordings.policy.on')} aria-label={t('recordings.policy.onOf', { name: job.label })} />;
}

/** Removes a job, once somebody has read `text`: what becomes of what it does. */
export function RemoveJob({ job, text }: { job: Job; text: string }) {
  const { t } = useTranslation();
  const confirm = useConfirm();
  const remove = useAction(() => need(api.DELETE('/api/v2/jobs/{id}', { params: { path: { id: job.id } } })), { done: t('recordings.policy.removed') });
  return (
    <Button
      size="xs"
      variant="light"
      color="red"
      loading={remove.busy}
      aria-label={t('recordings.policy.removeOf', { name: job.label })}
      onClick={async () => {
        if (await confirm({ title: t('recordings.policy.remove'), text, yes: t('recordings.policy.remove') })) void remove.run(undefined);
      }}
    >
      {t('recordings.policy.remove')}
    </Button>
  );
}
