import { Alert, Badge, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconPlayerRecord, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need } from '~/api/client';
import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { Card } from '~/components/Page';
import { Empty, LoadLive } from '~/components/States';
import { useAction } from '~/components/form';
import { bytes, sentences } from '~/format';
import { span } from './describe';
import { JobSwitch, RemoveJob } from './JobActions';
import { JobLog } from './JobLog';
import { Limit } from './Limit';
import { PolicyForm } from './PolicyForm';
import { RecordEverything } from './RecordEverything';
import { Runs } from './Runs';
import { KIND, settingsOf, type Job } from './policy';

/** What is recorded whenever it is live. */
export function Policies() {
  const { t } = useTranslation();
  const may = useMay();
  const live = useLive('jobs', may('jobs:read'));
  const [editing, setEditing] = useState<Job | 'new'>();
  const [reading, setReading] = useState<Job>();
  const write = may('jobs:write');
  const create = write && (
    <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
      {t('recordings.policy.make')}
    </Button>
  );
  return (
    <>
      <LoadLive live={live}>
        {(known) => {
          const policies = known.filter(({ kind }) => kind === KIND).sort((a, b) => (a.created < b.created ? -1 : 1));
          if (policies.length === 0) {
            return (
              <Card>
                <Empty
                  icon={<IconPlayerRecord size={36} stroke={1.4} />}
                  title={t('recordings.policy.none')}
                  text={t('recordings.policy.noneText')}
                  action={
                    write && (
                      <>
                        <RecordEverything />
                        <Button variant="default" onClick={() => setEditing('new')}>
                          {t('recordings.choose')}
                        </Button>
                      </>
                    )
                  }
                />
              </Card>
            );
          }
          return (
            <>
              <Group justify="space-between" gap="sm">
                <Text size="sm" c="dimmed" flex="1 1 16rem">
                  {t('recordings.policy.text')}
                </Text>
                {create}
              </Group>
              {policies.map((job) => (
                <Policy key={job.id} job={job} onEdit={() => setEditing(job)} onLog={() => setReading(job)} />
              ))}
              <Limit jobs={policies} />
            </>
          );
        }}
      </LoadLive>
      <Modal opened={!!editing} onClose={() => setEditing(undefined)} title={editing === 'new' ? t('recordings.policy.make') : t('recordings.policy.edit')} size="lg" closeButtonProps={{ 'aria-label': t('common.close') }}>
        {editing && <PolicyForm job={editing === 'new' ? undefined : editing} onDone={() => setEditing(undefined)} />}
      </Modal>
      <Modal opened={!!reading} onClose={() => setReading(undefined)} title={t('recordings.policy.logOf', { name: reading?.label })} size="xl" closeButtonProps={{ 'aria-label': t('common.close') }}>
        {reading && <JobLog id={reading.id} />}
      </Modal>
    </>
  );
}

function Policy({ job, onEdit, onLog }: { job: Job; onEdit: () => void; onLog: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const write = may('jobs:write');
  const path = { params: { path: { id: job.id } } };
  const again = useAction(() => need(api.POST('/api/v2/jobs/{id}/restart', path)));
  const stuck = job.runs.some(({ state }) => state === 'failed' || state === 'resting');
  return (
    <Card
      title={
        <Group gap="sm" component="span">
          {job.label}
          <Doing job={job} />
        </Group>
      }
      actions={<JobSwitch job={job} />}
    >
      <Stack gap="sm">
        {job.problem && (
          <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />}>
            {job.problem}
          </Alert>
        )}
        <Patterns job={job} />
        <Text size="sm" c="dimmed">
          <Ways job={job} />
        </Text>
        {job.runs.length > 0 && <Runs job={job} />}
        <Group gap="xs">
          {write && (
            <Button size="xs" variant="default" onClick={onEdit} aria-label={t('recordings.policy.editOf', { name: job.label })}>
              {t('common.edit')}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={onLog} aria-label={t('recordings.policy.logOf', { name: job.label })}>
            {t('recordings.policy.log')}
          </Button>
          {write && stuck && (
            <Button size="xs" variant="default" loading={again.busy} onClick={() => void again.run(undefined)}>
              {t('common.retry')}
            </Button>
          )}
          {write && (
            <RemoveJob job={job} text={t('recordings.policy.removeText', { name: job.label })} />
          )}
        </Group>
      </Stack>
    </Card>
  );
}

function Doing({ job }: { job: Job }) {
  const { t } = useTranslation();
  const count = job.runs.filter(({ state }) => state === 'running').length;
  const stuck = job.runs.some(({ state }) => state === 'failed' || state === 'resting');
  const [color, mood, text] = !job.wanted
    ? (['gray', undefined, t('recordings.policy.off')] as const)
    : job.problem || stuck
      ? (['yellow', 'doubt', t('recordings.policy.troubled')] as const)
      : count > 0
        ? (['red', 'bad', t('recordings.policy.records', { count })] as const)
        : (['gray', undefined, t('recordings.policy.waits')] as const);
  return (
    <Badge variant="light" color={color} tt="none" radius="sm" leftSection={<span className="dot" data-mood={mood} data-pulse={(job.wanted && count > 0) || undefined} />}>
      {text}
    </Badge>
  );
}

function Patterns({ job: { streams } }: { job: Job }) {
  const { t } = useTranslation();
  const list = (patterns: readonly string[]) => patterns.map((pattern) => <span key={pattern} className="pattern">{pattern}</span>);
  return (
    <div className="patterns">
      <span>{t('recordings.policy.only')}</span>
      {list(streams.only ?? [])}
      {(streams.except ?? []).length > 0 && (
        <>
          <span>{t('recordings.policy.except')}</span>
          {list(streams.except ?? [])}
        </>
      )}
    </div>
  );
}

/** How it records, in a sentence or two. */
function Ways({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { gap = 60, split_seconds, split_bytes, also = [] } = settingsOf(job);
  return sentences([
    split_seconds && t('recordings.policy.splitAfter', { time: span(split_seconds) }),
    split_bytes && t('recordings.policy.splitBeyond', { size: bytes(split_bytes) }),
    !split_seconds && !split_bytes && t('recordings.policy.splitNever'),
    t('recordings.policy.gapSays', { time: span(gap) }),
    also.length > 0 && t('recordings.policy.alsoSays', { names: also.map((one) => one.toUpperCase()).join(', ') }),
  ]);
}
