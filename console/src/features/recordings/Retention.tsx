import { Button, NumberInput, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { useMay } from '~/app/session';
import { Changes, changed } from '~/components/Changes';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { useAction, useFields } from '~/components/form';
import { ask } from './hooks';
import { keepFrom, keepTyped } from './keep';
import { Space } from './Space';

/** How long recordings are kept, and how much room they may take. */
export function Retention() {
  const { t } = useTranslation();
  const asked = useQuery(ask.retention);
  return (
    <>
      <Space settings />
      <Card title={t('recordings.keep.title')} text={t('recordings.keep.text')}>
        <Load query={asked}>{(known) => <Form key={JSON.stringify(known)} known={known} />}</Load>
      </Card>
    </>
  );
}

function Form({ known }: { known: Schema['KeepView'] }) {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const write = may('settings:write');
  const before = keepTyped(known);
  const fields = useFields(before);
  const { values } = fields;
  const { run, busy, problem } = useAction(() => need(api.PUT('/api/v2/recordings/retention', { body: keepFrom(values, known) })), {
    fields,
    done: t('settings.saved'),
    onDone: (kept) => cache.setQueryData(ask.retention.queryKey, kept),
  });
  const shown = (typed: typeof before) => ({
    days: typed.days === '' ? t('recordings.keep.forever') : t('recordings.keep.daysCount', { count: typed.days }),
    bytes: typed.bytes === '' ? t('recordings.keep.unlimited') : `${typed.bytes} GiB`,
    reserve: typed.reserve === '' ? '1 GiB' : `${typed.reserve} GiB`,
    copy_to: typed.copy_to.trim(),
  });
  const [was, is] = [shown(before), shown(values)];
  const changes = changed((['days', 'bytes', 'reserve', 'copy_to'] as const).map((name) => ({ name: t(`recordings.keep.${name}`), before: was[name], after: is[name] })));
  const numbers = (name: 'days' | 'bytes' | 'reserve') => ({
    label: t(`recordings.keep.${name}`),
    description: t(`recordings.keep.${name}Text`),
    value: values[name],
    error: fields.errorOf(name),
    disabled: !write,
    min: 0,
    clampBehavior: 'none' as const,
    onChange: (value: string | number) => fields.set(name, value === '' || Number.isNaN(Number(value)) ? '' : Number(value)),
  });
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
          <NumberInput {...numbers('days')} allowDecimal={false} placeholder={t('recordings.keep.forever')} />
          <NumberInput {...numbers('bytes')} suffix=" GiB" placeholder={t('recordings.keep.unlimited')} />
        </SimpleGrid>
        <NumberInput {...numbers('reserve')} suffix=" GiB" maw={370} />
        <TextInput label={t('recordings.keep.copy_to')} description={t('recordings.keep.copy_toText')} placeholder={EXAMPLE} disabled={!write} {...fields.text('copy_to')} />
        <Changes changes={changes} />
        {write ? (
          <Button type="submit" w="max-content" loading={busy} disabled={changes.length === 0}>
            {t('common.save')}
          </Button>
        ) : (
          <Text size="sm" c="dimmed">
            {t('recordings.keep.admin')}
          </Text>
        )}
      </Stack>
    </form>
  );
}

const EXAMPLE = '/mnt/archive';
