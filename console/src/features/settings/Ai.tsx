import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Changes, changed } from '~/components/Changes';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { SecretField } from '~/components/SecretField';
import { Load } from '~/components/States';
import { useFields } from '~/components/form';
import { secretChange } from '~/components/secret';
import { useChange } from './change';

/** The provider of language models; its key is written and never read. */
export function Ai() {
  const settings = useQuery(ask.settings);
  return <Load query={settings}>{({ settings: known, tag }) => <Form key={tag} known={known.ai} tag={tag} />}</Load>;
}

function Form({ known, tag }: { known: Schema['AiView']; tag: string | null }) {
  const { t } = useTranslation();
  const may = useMay();
  const fields = useFields({ url: known.url ?? '', organization: known.organization ?? '', key: '' });
  const { run, busy, problem } = useChange(tag, { fields });
  const { url, organization, key } = fields.values;
  const changes = changed([
    { name: t('settings.ai.url'), before: known.url ?? '', after: url.trim() },
    secretChange(t, t('settings.ai.key'), known.key_set, key),
    { name: t('settings.ai.organization'), before: known.organization ?? '', after: organization.trim() },
  ]);
  const at = (name: string) => problem?.fields.get(`ai.${name}`);
  return (
    <Card title={t('settings.ai.title')} text={t('settings.ai.text')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run({ ai: { url: url.trim() || null, organization: organization.trim() || null, ...(key ? { key } : {}) } });
        }}
      >
        <Stack maw={560}>
          <FormError problem={problem} />
          <TextInput label={t('settings.ai.url')} placeholder={EXAMPLE} {...fields.text('url')} error={at('url')} />
          <SecretField label={t('settings.ai.key')} known={known.key_set} {...fields.text('key')} error={at('key')} />
          <TextInput label={t('settings.ai.organization')} {...fields.text('organization')} error={at('organization')} />
          <Changes changes={changes} />
          <Group>
            <Button type="submit" loading={busy} disabled={changes.length === 0 || !may('settings:write')}>
              {t('common.save')}
            </Button>
            {known.key_set && (
              <Button variant="light" color="red" loading={busy} disabled={!may('settings:write')} onClick={() => void run({ ai: { key: null } })}>
                {t('settings.ai.forget')}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

const EXAMPLE = 'https://api.openai.com/v1';
