import { Alert, Button, Checkbox, Group, NumberInput, SimpleGrid, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { api, need } from '~/api/client';
import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { FormError } from '~/components/FormError';
import { useAction, useFields } from '~/components/form';
import { changesOf, CONTAINERS, EMPTY, names, newJob, placeOfField, typedOf, type Job } from './policy';

/** What a policy is called, what it is for, and how it records. */
export function PolicyForm({ job, onDone }: { job?: Job; onDone: () => void }) {
  const { t } = useTranslation();
  const fields = useFields(typedFor(job));
  const { values } = fields;
  const changes = job && changesOf(job, values);
  const { run, busy, problem } = useAction(
    async () => {
      if (!job || !changes) await need(api.POST('/api/v2/jobs', { body: newJob(values) }));
      else if (Object.keys(changes).length > 0) await need(api.PATCH('/api/v2/jobs/{id}', { params: { path: { id: job.id } }, body: changes }));
    },
    {
      onDone,
      fields: {
        values: { ...values, streams: 0, settings: 0 },
        setWrong: (wrong) => fields.setWrong(new Map([...wrong].map(([field, message]) => [placeOfField(field), message]))),
      },
    },
  );
  const numbers = (name: 'gap' | 'minutes' | 'size') => ({
    value: values[name],
    error: fields.errorOf(name),
    onChange: (value: string | number) => fields.set(name, value === '' || Number.isNaN(Number(value)) ? '' : Number(value)),
  });
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
        <TagsInput label={t('recordings.policy.onlyLabel')} description={t('recordings.policy.patternText')} value={values.only} error={fields.errorOf('only')} onChange={(value) => fields.set('only', value)} acceptValueOnBlur />
        <TagsInput label={t('recordings.policy.exceptLabel')} value={values.except} error={fields.errorOf('except')} onChange={(value) => fields.set('except', value)} acceptValueOnBlur />
        <Now values={values} />
        <NumberInput label={t('recordings.policy.gap')} description={t('recordings.policy.gapText')} suffix=" s" min={0} max={86400} clampBehavior="none" allowDecimal={false} {...numbers('gap')} />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <NumberInput label={t('recordings.policy.minutes')} description={t('recordings.policy.splitText')} suffix=" min" min={0} clampBehavior="none" {...numbers('minutes')} />
          <NumberInput label={t('recordings.policy.size')} description={t('recordings.policy.splitText')} suffix=" GiB" min={0} clampBehavior="none" {...numbers('size')} />
        </SimpleGrid>
        <Checkbox.Group label={t('recordings.policy.also')} description={t('recordings.policy.alsoText')} value={values.also} error={fields.errorOf('also')} onChange={(value) => fields.set('also', value)}>
          <Group gap="lg" mt="xs">
            {CONTAINERS.map((one) => (
              <Checkbox key={one} value={one} label={t(`recordings.policy.container.${one as 'ts' | 'flv'}`)} />
            ))}
          </Group>
        </Checkbox.Group>
        {changes?.settings && job && job.runs.length > 0 && (
          <Alert color="yellow" variant="light">
            {t('recordings.policy.anew')}
          </Alert>
        )}
        <Button type="submit" loading={busy}>
          {job ? t('common.save') : t('recordings.policy.make')}
        </Button>
      </Stack>
    </form>
  );
}

const typedFor = (job: Job | undefined) => (job ? typedOf(job) : EMPTY);

/** Which of the streams that are live now it would record. */
function Now({ values }: { values: { only: string[]; except: string[] } }) {
  const { t } = useTranslation();
  const may = useMay();
  const streams = useLive('streams', may('streams:read')).known;
  if (!streams || streams.size === 0 || values.only.length === 0) return null;
  const ids = [...streams.values()].filter(({ state, parent }) => state === 'live' && !parent).map(({ id }) => id);
  const found = ids.filter((id) => names({ streams: values }, id));
  return (
    <Text size="sm" c="dimmed" role="status">
      {found.length === 0 ? t('recordings.policy.nowNone') : t('recordings.policy.now', { count: found.length, streams: found.slice(0, 5).join(', ') + (found.length > 5 ? ' …' : '') })}
    </Text>
  );
}
