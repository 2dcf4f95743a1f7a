import { Button, Group, Stack, TextInput, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Changes, changed } from '~/components/Changes';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { useFields } from '~/components/form';
import { useChange } from './change';

export function General() {
  const settings = useQuery(ask.settings);
  return <Load query={settings}>{({ settings: known, tag }) => <Form key={tag} known={known} tag={tag} />}</Load>;
}

function Form({ known, tag }: { known: Schema['SettingsView']; tag: string | null }) {
  const { t } = useTranslation();
  const may = useMay();
  const before = { title: known.pages.title ?? '', icp: known.pages.icp ?? '' };
  const fields = useFields(before);
  const { run, busy, problem } = useChange(tag, { fields });
  const { title, icp } = fields.values;
  const changes = changed([
    { name: t('settings.title'), before: before.title, after: title },
    { name: t('settings.footer'), before: before.icp, after: icp },
  ]);
  const dirty = changes.length > 0;
  return (
    <Card title={t('settings.pages')} text={t('settings.pagesText')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run({ pages: fields.values });
        }}
      >
        <Stack maw={560}>
          <FormError problem={problem} />
          <TextInput label={t('settings.title')} description={t('settings.titleText')} {...fields.text('title')} />
          <Textarea label={t('settings.footer')} description={t('settings.footerText')} autosize minRows={2} {...fields.text('icp')} />
          <Changes changes={changes} />
          <Group>
            <Button type="submit" loading={busy} disabled={!dirty || !may('settings:write')}>
              {t('common.save')}
            </Button>
            {dirty && (
              <Button variant="default" onClick={() => fields.reset(before)}>
                {t('common.undo')}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
