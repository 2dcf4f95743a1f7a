import { Button, Group, NumberInput, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { useMay } from '~/app/session';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { useAction } from '~/components/form';
import { number } from '~/format';
import { ask } from './hooks';
import { KIND, type Job } from './policy';

/** How many streams may be recorded at a time, by all rules together, which are `jobs`. */
export function Limit({ jobs }: { jobs: readonly Job[] }) {
  const { t } = useTranslation();
  const asked = useQuery(ask.kinds);
  const runs = jobs.flatMap((job) => job.runs);
  const count = (state: string) => runs.filter((run) => run.state === state).length;
  return (
    <Card title={t('recordings.limit.title')} text={t('recordings.limit.text')}>
      <Load query={asked} lines={2}>
        {(kinds) => {
          const kind = kinds.find(({ name }) => name === KIND);
          return kind && <Form key={kind.most} kind={kind} running={count('running')} waiting={count('queued')} />;
        }}
      </Load>
    </Card>
  );
}

function Form({ kind, running, waiting }: { kind: Schema['JobKindView']; running: number; waiting: number }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const write = useMay()('settings:write');
  const [typed, setTyped] = useState<number | ''>(kind.most);
  const { run, busy, problem, clear } = useAction((most: number | null) => need(api.PATCH('/api/v2/jobs/kinds/{kind}', { params: { path: { kind: KIND } }, body: { most } })), {
    fields: { values: { most: typed }, setWrong: () => undefined },
    done: t('settings.saved'),
    onDone: (set) => cache.setQueryData(ask.kinds.queryKey, (known) => known?.map((one) => (one.name === set.name ? set : one))),
  });
  const now = (
    <Text size="sm" mt="sm" c={waiting > 0 ? 'var(--app-doubt)' : 'dimmed'} className="numbers">
      {t('recordings.limit.now', { running: number(running), most: number(kind.most) })}
      {waiting > 0 && ` ${t('recordings.limit.waiting', { count: waiting })}`}
    </Text>
  );
  if (!write) {
    return (
      <>
        {now}
        <Text size="sm" c="dimmed" mt="xs">
          {t('recordings.keep.admin')}
        </Text>
      </>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(typed === '' ? null : typed);
      }}
    >
      <FormError problem={problem} />
      <Group align="flex-start" gap="sm">
        <NumberInput
          label={t('recordings.limit.most')}
          description={t('recordings.limit.default', { most: number(kind.most_by_default) })}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          placeholder={String(kind.most_by_default)}
          value={typed}
          error={problem?.fields.get('most')}
          min={1}
          clampBehavior="none"
          allowDecimal={false}
          maw={280}
          onChange={(value) => {
            setTyped(value === '' || Number.isNaN(Number(value)) ? '' : Number(value));
            clear();
          }}
        />
        <Group gap="xs" mt={25}>
          <Button type="submit" loading={busy} disabled={(typed === '' ? kind.most_by_default : typed) === kind.most}>
            {t('common.save')}
          </Button>
          {kind.most !== kind.most_by_default && (
            <Button variant="default" loading={busy} onClick={() => void run(null)}>
              {t('recordings.limit.reset')}
            </Button>
          )}
        </Group>
      </Group>
      {now}
    </form>
  );
}
