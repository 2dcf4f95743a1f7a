import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { CopyField } from '~/components/Copy';
import { FormError } from '~/components/FormError';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Empty, Load } from '~/components/States';
import { useConfirm } from '~/components/confirm';
import { useAction, useFields } from '~/components/form';

/** Names by which devices publish that cannot send a key. */
export function Aliases() {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const aliases = useQuery(ask.aliases);
  const [making, setMaking] = useState(false);
  const changed = () => void cache.invalidateQueries({ queryKey: ask.aliases.queryKey });
  const remove = useAction((alias: Schema['AliasView']) => need(api.DELETE('/api/v2/aliases/{id}', { params: { path: { id: alias.id } } })), { done: t('aliases.removed'), onDone: changed });
  return (
    <Card
      bare
      title={t('aliases.title')}
      text={t('aliases.text')}
      actions={
        may('keys:write') && (
          <Button size="sm" variant="default" leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t('aliases.make')}
          </Button>
        )
      }
    >
      <Load query={aliases}>
        {(known) =>
          known.length === 0 ? (
            <Empty title={t('aliases.none')} />
          ) : (
            <List
              label={t('aliases.title')}
              rows={known}
              rowKey={(row) => row.id}
              columns={[
                { name: t('keys.label'), lead: true, cell: (row) => <b>{row.label}</b> },
                { name: t('aliases.becomes'), cell: (row) => <span className="mono">{`${row.app}/${row.stream}`}</span> },
                { name: t('aliases.name'), cell: (row) => <div className="bare-field" style={{ minWidth: 230 }}><CopyField label={row.label} value={row.name} secret /></div> },
                {
                  name: t('common.actions'),
                  bare: true,
                  cell: (row) =>
                    may('keys:write') && (
                      <Button
                        size="xs"
                        variant="light"
                        color="red"
                        onClick={async () => {
                          if (await confirm({ title: t('keys.remove'), text: t('keys.removeText', { name: row.label }), yes: t('keys.remove') })) void remove.run(row);
                        }}
                      >
                        {t('keys.remove')}
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Load>
      <Modal opened={making} onClose={() => setMaking(false)} title={t('aliases.make')} closeButtonProps={{ 'aria-label': t('common.close') }}>
        <Make
          onDone={() => {
            setMaking(false);
            changed();
          }}
        />
      </Modal>
    </Card>
  );
}

function Make({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const fields = useFields({ label: '', app: 'live', stream: '', name: '' });
  const { label, app, stream, name } = fields.values;
  const { run, busy, problem } = useAction(() => need(api.POST('/api/v2/aliases', { body: { label: label.trim(), app: app.trim(), stream: stream.trim(), name: name.trim() || undefined } })), { fields, onDone });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(undefined);
      }}
    >
      <Stack>
        <FormError problem={problem} />
        <TextInput label={t('keys.label')} data-autofocus required withAsterisk={false} {...fields.text('label')} />
        <Group grow align="flex-start">
          <TextInput label={t('golive.app')} required withAsterisk={false} {...fields.text('app')} />
          <TextInput label={t('golive.stream')} required withAsterisk={false} {...fields.text('stream')} />
        </Group>
        <TextInput label={t('aliases.name')} description={t('aliases.nameText')} {...fields.text('name')} />
        <Button type="submit" loading={busy}>
          {t('aliases.make')}
        </Button>
      </Stack>
    </form>
  );
}
