import { Button, NumberInput, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Changes, changed } from '~/components/Changes';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { bits } from '~/format';
import { useChange } from './change';

export function Limits() {
  const settings = useQuery(ask.settings);
  return <Load query={settings}>{({ settings: known, tag }) => <Form key={tag} known={known.source_limits} tag={tag} />}</Load>;
}

function Form({ known, tag }: { known: Schema['SourceLimitsDocument']; tag: string | null }) {
  const { t } = useTranslation();
  const may = useMay();
  const [limits, setLimits] = useState(known);
  const { run, busy, problem } = useChange(tag, { fields: { values: { source_limits: 0 }, setWrong: () => undefined } });
  const rate = (value: number | null | undefined) => (value ? bits(value * 1000) : '');
  const changes = changed((['files', 'cameras'] as const).map((name) => ({ name: t(`settings.limits.${name}`), before: rate(known[name]), after: rate(limits[name]) })));
  return (
    <Card title={t('settings.limits.title')} text={t('settings.limits.text')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // In a merge patch null leaves it to the server again, which the API's document cannot say of a number with a default.
          const emptied = { files: limits.files ?? null, cameras: limits.cameras ?? null };
          void run({ source_limits: emptied as Schema['SourceLimitsDocument'] });
        }}
      >
        <Stack maw={360}>
          {(['files', 'cameras'] as const).map((name) => (
            <NumberInput
              key={name}
              label={t(`settings.limits.${name}`)}
              suffix=" kbit/s"
              min={1}
              allowDecimal={false}
              value={limits[name] ?? ''}
              error={problem?.fields.get(`source_limits.${name}`)}
              onChange={(value) => setLimits({ ...limits, [name]: Number(value) || undefined })}
            />
          ))}
          <Changes changes={changes} />
          <Button type="submit" w="max-content" loading={busy} disabled={changes.length === 0 || !may('settings:write')}>
            {t('common.save')}
          </Button>
        </Stack>
      </form>
    </Card>
  );
}
