import { Alert, Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { CopyField } from '~/components/Copy';
import { save } from '~/components/copy';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { Ago } from '~/components/Time';
import { useAction, useFields } from '~/components/form';

/** Help from others: access that only looks, and a bundle of facts without secrets. */
export function Support() {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const [made, setMade] = useState<Schema['MadeToken']>();
  const given = useQuery(ask.support);
  const fields = useFields({ label: '', expires_in: '86400' });
  const changed = () => void cache.invalidateQueries({ queryKey: ask.support.queryKey });
  const give = useAction(() => need(api.POST('/api/v2/support', { body: { label: fields.values.label.trim(), expires_in: Number(fields.values.expires_in) } })), {
    fields,
    onDone: (token) => {
      setMade(token);
      fields.reset({ label: '', expires_in: '86400' });
      changed();
    },
  });
  const take = useAction((id: string) => need(api.DELETE('/api/v2/support/{id}', { params: { path: { id } } })), { done: t('access.supportTaken'), onDone: changed });
  const bundle = useAction(async () => need(api.POST('/api/v2/diagnostics', { body: {}, parseAs: 'blob' }) as unknown as Promise<{ data?: Blob; response: Response }>), {
    onDone: (blob) => save(blob, `sluice-diagnostics-${new Date().toISOString().slice(0, 10)}.tar.gz`),
  });
  return (
    <>
      {may('settings:read') && (
        <Card title={t('access.bundle')} text={t('access.bundleText')}>
          <Button variant="default" leftSection={<IconDownload size={16} />} loading={bundle.busy} onClick={() => void bundle.run(undefined)}>
            {t('access.bundleMake')}
          </Button>
        </Card>
      )}
      <Card title={t('access.support')} text={t('access.supportText')}>
        {made && (
          <Alert color="green" variant="light" mb="md" title={t('access.tokenMade', { name: made.label })} withCloseButton closeButtonLabel={t('common.close')} onClose={() => setMade(undefined)}>
            <CopyField label={t('access.token')} value={made.secret} description={t('access.tokenOnce')} />
          </Alert>
        )}
        {may('accounts:write') && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void give.run(undefined);
            }}
          >
            <Group align="flex-end" mb="md">
              <TextInput label={t('golive.who')} required withAsterisk={false} {...fields.text('label')} />
              <NativeSelect
                label={t('keys.until')}
                data={[
                  { value: '3600', label: t('times.hour') },
                  { value: '86400', label: t('times.day') },
                  { value: '604800', label: t('times.week') },
                ]}
                {...fields.text('expires_in')}
              />
              <Button type="submit" variant="default" loading={give.busy}>
                {t('access.supportGive')}
              </Button>
            </Group>
          </form>
        )}
        <Load query={given} lines={2}>
          {(known) =>
            known.length > 0 && (
              <List
                label={t('access.support')}
                rows={known}
                rowKey={(token) => token.id}
                columns={[
                  { name: t('golive.who'), lead: true, cell: (token) => <b>{token.label}</b> },
                  { name: t('keys.until'), cell: (token) => (token.expires ? <Ago at={token.expires} /> : '–') },
                  { name: t('access.used'), cell: (token) => (token.used ? <Ago at={token.used} /> : t('access.never')) },
                  {
                    name: t('common.actions'),
                    bare: true,
                    cell: (token) => (
                      <Button size="xs" variant="light" color="red" onClick={() => void take.run(token.id)}>
                        {t('access.supportTake')}
                      </Button>
                    ),
                  },
                ]}
              />
            )
          }
        </Load>
      </Card>
    </>
  );
}
