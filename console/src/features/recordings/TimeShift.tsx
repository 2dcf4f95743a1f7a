import { Alert, Button, Group, Modal, NumberInput, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconHistory, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need } from '~/api/client';
import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { Empty, LoadLive } from '~/components/States';
import { useAction, useFields } from '~/components/form';
import { span } from './describe';
import { JobSwitch, RemoveJob } from './JobActions';
import { Runs } from './Runs';
import { EVERYTHING, type Job } from './policy';
import { changesOf, KIND, newJob, placeOfField, secondsOf, typedOf } from './timeshift';

/** Streams in which viewers may go back. */
export function TimeShift() {
  const { t } = useTranslation();
  const write = useMay()('jobs:write');
  const live = useLive('jobs', true);
  const [editing, setEditing] = useState<Job | 'new'>();
  const create = write && (
    <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
      {t('recordings.past.make')}
    </Button>
  );
  return (
    <>
      <LoadLive live={live}>
        {(known) => {
          const jobs = known.filter(({ kind }) => kind === KIND).sort((a, b) => (a.created < b.created ? -1 : 1));
          if (jobs.length === 0) {
            return (
              <Card>
                <Empty icon={<IconHistory size={36} stroke={1.4} />} title={t('recordings.past.none')} text={t('recordings.past.noneText')} action={create || undefined} />
              </Card>
            );
          }
          return (
            <>
              <Group justify="space-between" gap="sm">
                <Text size="sm" c="dimmed" flex="1 1 16rem">
                  {t('recordings.past.text')}
                </Text>
                {create}
              </Group>
              {jobs.map((job) => (
                <One key={job.id} job={job} onEdit={() => setEditing(job)} />
              ))}
            </>
          );
        }}
      </LoadLive>
      <Modal opened={!!editing} onClose={() => setEditing(undefined)} title={editing === 'new' ? t('recordings.past.make') : t('recordings.past.edit')} closeButtonProps={{ 'aria-label': t('common.close') }}>
        {editing && <Form job={editing === 'new' ? undefined : editing} onDone={() => setEditing(undefined)} />}
      </Modal>
    </>
  );
}

function One({ job, onEdit }: { job: Job; onEdit: () => void }) {
  const { t } = useTranslation();
  const write = useMay()('jobs:write');
  return (
    <Card
      title={job.label}
      text={t('recordings.past.says', { time: span(secondsOf(job)), streams: (job.streams.only ?? []).join(', ') })}
      actions={<JobSwitch job={job} />}
    >
      <Stack gap="sm">
        {job.problem && (
          <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />}>
            {job.problem}
          </Alert>
        )}
        {job.runs.length > 0 && <Runs job={job} running={t('recordings.past.running')} />}
        {write && (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={onEdit} aria-label={t('recordings.policy.editOf', { name: job.label })}>
              {t('common.edit')}
            </Button>
            <RemoveJob job={job} text={t('recordings.past.removeText', { name: job.label })} />
          </Group>
        )}
      </Stack>
    </Card>
  );
}

function Form({ job, onDone }: { job?: Job; onDone: () => void }) {
  const { t } = useTranslation();
  const fields = useFields(job ? typedOf(job) : { label: t('recordings.past.name'), only: [EVERYTHING], minutes: 120 as number | '' });
  const { values } = fields;
  const { run, busy, problem } = useAction(
    async () => {
      if (job) await need(api.PATCH('/api/v2/jobs/{id}', { params: { path: { id: job.id } }, body: changesOf(job, values) }));
      else await need(api.POST('/api/v2/jobs', { body: newJob(values) }));
    },
    {
      onDone,
      fields: {
        values: { ...values, streams: 0, settings: 0 },
        setWrong: (wrong) =>
          fields.setWrong(
            new Map(
              [...wrong].map(([field, message]) => {
                const place = placeOfField(field);
                // The server counts seconds.
                return [place, place === 'minutes' ? t('recordings.past.minutesWrong') : message];
              }),
            ),
          ),
      },
    },
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(undefined);
      }}
    >
      <Stack>
        <FormError problem={problem} />
        <TextInput label={t('recordings.policy.label')} description={t('recordings.policy.labelText')} data-autofocus required withAsterisk={false} maxLength={64} {...fields.text('label')} />
        <TagsInput label={t('recordings.past.onlyLabel')} description={t('recordings.policy.patternText')} value={values.only} error={fields.errorOf('only')} onChange={(value) => fields.set('only', value)} acceptValueOnBlur />
        <NumberInput
          label={t('recordings.past.minutes')}
          description={t('recordings.past.minutesText')}
          suffix=" min"
          min={1}
          max={720}
          clampBehavior="none"
          value={values.minutes}
          error={fields.errorOf('minutes')}
          onChange={(value) => fields.set('minutes', value === '' || Number.isNaN(Number(value)) ? '' : Number(value))}
        />
        <Button type="submit" loading={busy}>
          {job ? t('common.save') : t('recordings.past.make')}
        </Button>
      </Stack>
    </form>
  );
}
