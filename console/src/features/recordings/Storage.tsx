import { Alert, Button, Group, Radio, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { useMay } from '~/app/session';
import { Changes, changed } from '~/components/Changes';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { SecretField } from '~/components/SecretField';
import { Load } from '~/components/States';
import { useConfirm } from '~/components/confirm';
import { useAction, useFields } from '~/components/form';
import { secretChange } from '~/components/secret';
import { ask } from './hooks';
import { storageFrom, storageTyped } from './storage';
import { Uploads } from './Uploads';

/** The bucket where recordings go, and what is on its way there. */
export function Storage() {
  const { t } = useTranslation();
  const may = useMay();
  const asked = useQuery({ ...ask.storage, enabled: may('settings:read') });
  return (
    <>
      <Uploads />
      <Card title={t('recordings.storage.title')} text={t('recordings.storage.text')}>
        {may('settings:read') ? (
          <Load query={asked}>{(known) => <Form key={JSON.stringify(known)} known={known} />}</Load>
        ) : (
          <Text size="sm" c="dimmed">
            {t('recordings.keep.admin')}
          </Text>
        )}
      </Card>
    </>
  );
}

function Form({ known }: { known: Schema['StorageView'] }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const write = useMay()('settings:write');
  const before = storageTyped(known);
  // Who sets one for the first time wants something to go there.
  const begun = known.bucket ? before : { ...before, uploads: true };
  const fields = useFields(begun);
  const { values } = fields;
  const key = ask.storage.queryKey;
  const { run, busy, problem } = useAction(() => need(api.PUT('/api/v2/storage', { body: storageFrom(values) })), { fields, done: t('settings.saved'), onDone: (set) => cache.setQueryData(key, set) });
  const forget = useAction(() => need(api.DELETE('/api/v2/storage')), { onDone: () => void cache.invalidateQueries({ queryKey: key }) });
  const shown = (typed: typeof before) => ({
    endpoint: typed.endpoint.trim(),
    region: typed.region.trim(),
    bucket: typed.bucket.trim(),
    path_style: t(`recordings.storage.style.${typed.path_style}`),
    key_id: typed.key_id.trim(),
    names: typed.names.trim(),
    uploads: t(`recordings.storage.on.${typed.uploads}`),
    ahead: t(`recordings.storage.on.${typed.ahead}`),
    keeps: t(`recordings.storage.stays.${typed.keeps}`),
  });
  const [was, is] = [shown(begun), shown(values)];
  const changes = changed([
    ...(['endpoint', 'region', 'bucket', 'path_style', 'key_id', 'names', 'uploads', 'ahead', 'keeps'] as const).map((name) => ({ name: t(`recordings.storage.${name}`), before: was[name], after: is[name] })),
    secretChange(t, t('recordings.storage.secret'), known.secret_set, values.secret),
  ]);
  const text = (name: 'endpoint' | 'region' | 'bucket' | 'key_id' | 'names', placeholder?: string) => ({ label: t(`recordings.storage.${name}`), placeholder, disabled: !write, ...fields.text(name) });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(undefined);
      }}
    >
      <Stack maw={760}>
        <FormError problem={problem} />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput {...text('endpoint', ENDPOINT)} description={t('recordings.storage.endpointText')} />
          <TextInput {...text('region', REGION)} description={t('recordings.storage.regionText')} />
          <TextInput {...text('bucket', BUCKET)} required={values.uploads} withAsterisk={false} />
          <TextInput {...text('key_id')} autoComplete="off" />
          <SecretField label={t('recordings.storage.secret')} known={known.secret_set} disabled={!write} {...fields.text('secret')} />
          <Radio.Group label={t('recordings.storage.path_style')} description={t('recordings.storage.path_styleText')} error={fields.errorOf('path_style')} value={String(values.path_style)} onChange={(style) => fields.set('path_style', style === 'true')}>
            <Group gap="md" mt={6}>
              {(['false', 'true'] as const).map((style) => (
                <Radio key={style} value={style} disabled={!write} label={t(`recordings.storage.style.${style}`)} />
              ))}
            </Group>
          </Radio.Group>
        </SimpleGrid>
        <TextInput {...text('names')} description={t('recordings.storage.namesText', { interpolation: { skipOnVariables: true } })} />
        <Switch label={t('recordings.storage.uploads')} description={t('recordings.storage.uploadsText')} checked={values.uploads} disabled={!write} onChange={(event) => fields.set('uploads', event.currentTarget.checked)} />
        <Switch label={t('recordings.storage.ahead')} description={t('recordings.storage.aheadText')} checked={values.ahead} disabled={!write || !values.uploads} onChange={(event) => fields.set('ahead', event.currentTarget.checked)} />
        <Switch label={t('recordings.storage.keeps')} description={t('recordings.storage.keepsText')} checked={values.keeps} disabled={!write} onChange={(event) => fields.set('keeps', event.currentTarget.checked)} />
        <Changes changes={changes} />
        {write ? (
          <Group>
            <Button type="submit" loading={busy} disabled={changes.length === 0}>
              {t('common.save')}
            </Button>
            <Test typed={values} fields={fields} />
            {known.bucket && (
              <Button
                variant="light"
                color="red"
                loading={forget.busy}
                onClick={async () => {
                  if (await confirm({ title: t('recordings.storage.forget'), text: t('recordings.storage.forgetText', { bucket: known.bucket }), yes: t('recordings.storage.forget') })) void forget.run(undefined);
                }}
              >
                {t('recordings.storage.forget')}
              </Button>
            )}
          </Group>
        ) : (
          <Text size="sm" c="dimmed">
            {t('recordings.keep.admin')}
          </Text>
        )}
      </Stack>
    </form>
  );
}

/** Tries what is typed, before it is saved. */
function Test({ typed, fields }: { typed: ReturnType<typeof storageTyped>; fields: { values: object; setWrong: (wrong: ReadonlyMap<string, string>) => void } }) {
  const { t } = useTranslation();
  const [tested, setTested] = useState<{ of: typeof typed; answer: Schema['StorageTest'] }>();
  const { run, busy } = useAction((of: typeof typed) => need(api.POST('/api/v2/storage/test', { body: storageFrom(of) })), { fields, onDone: (answer, of) => setTested({ of, answer }) });
  // Of what was typed since then nothing is known.
  const answer = tested?.of === typed ? tested.answer : undefined;
  return (
    <>
      <Button variant="default" loading={busy} disabled={!typed.bucket.trim()} onClick={() => void run(typed)}>
        {t('recordings.storage.test')}
      </Button>
      {answer && (
        <Alert w="100%" role="status" variant="light" color={answer.works ? 'teal' : 'red'} icon={answer.works ? <IconCheck size={18} /> : <IconAlertTriangle size={18} />} title={t(answer.works ? 'recordings.storage.works' : `recordings.storage.failed.${answer.failed as 'write'}`)}>
          {answer.reason}
        </Alert>
      )}
    </>
  );
}

const ENDPOINT = 'https://s3.example.com';
const REGION = 'eu-central-1';
const BUCKET = 'recordings';
