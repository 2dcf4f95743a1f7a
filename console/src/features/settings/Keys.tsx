import { Alert, Badge, Button, Group, Modal, NativeSelect, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useState, type SyntheticEvent } from 'react';
import { Trans, useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { CopyField } from '~/components/Copy';
import { FormError } from '~/components/FormError';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Empty, Load } from '~/components/States';
import { Ago } from '~/components/Time';
import { useConfirm } from '~/components/confirm';
import { useAction, useFields } from '~/components/form';

type Key = Schema['KeyView'];

interface Props {
  /** Only those of one stream. */
  only?: { app: string; stream: string };
}

/** What publishers need: made, given another secret, and removed. */
export function Keys({ only }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const keys = useQuery(ask.keys);
  const [making, setMaking] = useState(false);
  const [rotating, setRotating] = useState<Rotated>();
  const changed = () => void cache.invalidateQueries({ queryKey: ask.keys.queryKey });
  const write = may('keys:write');
  const remove = useAction((key: Key) => need(api.DELETE('/api/v2/keys/{id}', { params: { path: { id: key.id } } })), { done: t('keys.removed'), onDone: changed });
  const turn = useAction((key: Key) => need(api.PATCH('/api/v2/keys/{id}', { params: { path: { id: key.id } }, body: { disabled: !key.disabled } })), { onDone: changed });
  return (
    <Card
      bare
      title={only ? t('keys.ofStream') : t('keys.title')}
      text={only ? t('keys.ofStreamText') : t('keys.text')}
      actions={
        write && (
          <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t('keys.make')}
          </Button>
        )
      }
    >
      <Load query={keys}>
        {(known) => {
          const items = known.items.filter((key) => !only || ((!key.app || key.app === only.app) && (!key.stream || key.stream === only.stream)));
          return (
            <>
              {known.open && (
                <Alert color="yellow" variant="light" mx="md" mb="sm">
                  {t('keys.open')}
                </Alert>
              )}
              {!only && (
                <Group px="md" pb="md" align="flex-end">
                  <div style={{ flex: '1 1 18rem', maxWidth: 560 }}>
                    <CopyField label={t('keys.global')} value={known.global} secret description={t('keys.globalText')} />
                  </div>
                  {write && (
                    <Button variant="default" mb={22} onClick={() => setRotating({ label: t('keys.global'), configured: known.global_configured })}>
                      {t('keys.rotate')}
                    </Button>
                  )}
                  <div style={{ flexBasis: '100%' }}>
                    <Previous until={known.global_previous_until} />
                  </div>
                </Group>
              )}
              {items.length === 0 ? (
                <Empty icon={<IconKey size={32} stroke={1.4} />} title={t('keys.none')} text={t('keys.noneText')} />
              ) : (
                <List
                  label={t('keys.title')}
                  rows={items}
                  rowKey={(key) => key.id}
                  columns={[
                    { name: t('keys.label'), lead: true, cell: (key) => <b>{key.label}</b> },
                    { name: t('keys.scope'), cell: (key) => <span className="mono">{key.app || key.stream ? `${key.app ?? '*'}/${key.stream ?? '*'}` : t('keys.everything')}</span> },
                    { name: t('keys.key'), cell: (key) => <Reveal value={key.key} name={key.label} /> },
                    { name: t('keys.until'), cell: (key) => <Until at={key.expires} previous={key.previous_until} /> },
                    {
                      name: t('keys.on'),
                      cell: (key) => <Switch checked={!key.disabled} disabled={!write} onChange={() => void turn.run(key)} aria-label={t('keys.onOf', { name: key.label })} />,
                    },
                    {
                      name: t('common.actions'),
                      bare: true,
                      cell: (key) =>
                        write && (
                          <>
                            <Button size="xs" variant="default" onClick={() => setRotating(key)}>
                              {t('keys.rotate')}
                            </Button>
                            <Button
                              size="xs"
                              variant="light"
                              color="red"
                              onClick={async () => {
                                if (await confirm({ title: t('keys.remove'), text: t('keys.removeText', { name: key.label }), yes: t('keys.remove') })) void remove.run(key);
                              }}
                            >
                              {t('keys.remove')}
                            </Button>
                          </>
                        ),
                    },
                  ]}
                />
              )}
            </>
          );
        }}
      </Load>
      <Modal opened={making} onClose={() => setMaking(false)} title={t('keys.make')} closeButtonProps={{ 'aria-label': t('common.close') }}>
        <Make
          only={only}
          onDone={() => {
            setMaking(false);
            changed();
          }}
        />
      </Modal>
      <Modal opened={!!rotating} onClose={() => setRotating(undefined)} title={t('keys.rotateTitle', { name: rotating?.label })} closeButtonProps={{ 'aria-label': t('common.close') }}>
        {rotating && (
          <Rotate
            of={rotating}
            onDone={() => {
              setRotating(undefined);
              changed();
            }}
          />
        )}
      </Modal>
    </Card>
  );
}

function Until({ at, previous }: { at?: string | null; previous?: string | null }) {
  const { t } = useTranslation();
  return (
    <>
      {at ? <Ago at={at} /> : t('keys.forever')} <Previous until={previous} />
    </>
  );
}

/** That the secret before is good for a while. */
function Previous({ until }: { until?: string | null }) {
  if (!until || new Date(until) <= new Date()) return null;
  return (
    <Badge size="sm" color="yellow" variant="light" tt="none">
      <Trans i18nKey="keys.previous" components={{ ago: <Ago at={until} /> }} />
    </Badge>
  );
}

function Reveal({ value, name }: { value: string; name: string }) {
  return (
    <div style={{ minWidth: 230, maxWidth: 340 }} className="bare-field">
      <CopyField label={name} value={value} secret />
    </div>
  );
}

function Make({ only, onDone }: Props & { onDone: () => void }) {
  const { t } = useTranslation();
  const fields = useFields({ label: '', app: only?.app ?? '', stream: only?.stream ?? '', key: '', expires_in: '' });
  const { values } = fields;
  const { run, busy, problem } = useAction(
    () =>
      need(
        api.POST('/api/v2/keys', {
          body: {
            label: values.label.trim(),
            app: values.app.trim() || undefined,
            stream: values.stream.trim() || undefined,
            key: values.key.trim() || undefined,
            expires_in: values.expires_in ? Number(values.expires_in) : undefined,
          },
        }),
      ),
    { fields, done: t('keys.made'), onDone },
  );
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void run(undefined);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <FormError problem={problem} />
        <TextInput label={t('keys.label')} description={t('keys.labelText')} data-autofocus required withAsterisk={false} {...fields.text('label')} />
        <Group grow align="flex-start">
          <TextInput label={t('golive.app')} placeholder={t('keys.every')} {...fields.text('app')} />
          <TextInput label={t('golive.stream')} placeholder={t('keys.every')} {...fields.text('stream')} />
        </Group>
        <NativeSelect
          label={t('keys.until')}
          data={[
            { value: '', label: t('keys.forever') },
            { value: '86400', label: t('times.day') },
            { value: '604800', label: t('times.week') },
            { value: '2592000', label: t('times.month') },
          ]}
          {...fields.text('expires_in')}
        />
        <TextInput label={t('keys.own')} description={t('keys.ownText')} autoComplete="off" spellCheck={false} {...fields.text('key')} />
        <Button type="submit" loading={busy}>
          {t('keys.make')}
        </Button>
      </Stack>
    </form>
  );
}

/** A key that gets another secret: that of `id`, or the global one. */
interface Rotated {
  id?: string;
  label: string;
  /** The configuration names it. */
  configured?: boolean;
}

function Rotate({ of: { id, configured }, onDone }: { of: Rotated; onDone: () => void }) {
  const { t } = useTranslation();
  const [grace, setGrace] = useState('3600');
  const { run, busy } = useAction<void, unknown>(
    () => {
      const body = { grace: Number(grace) };
      return id === undefined ? need(api.POST('/api/v2/keys/global/rotate', { body })) : need(api.POST('/api/v2/keys/{id}/rotate', { params: { path: { id } }, body }));
    },
    { done: t('keys.rotated'), onDone },
  );
  return (
    <Stack>
      <Text size="sm">{t('keys.rotateText')}</Text>
      {configured && (
        <Alert color="yellow" variant="light">
          {t('keys.configured')}
        </Alert>
      )}
      <NativeSelect
        label={t('keys.grace')}
        value={grace}
        onChange={(event) => setGrace(event.currentTarget.value)}
        data={[
          { value: '0', label: t('keys.noGrace') },
          { value: '3600', label: t('times.hour') },
          { value: '86400', label: t('times.day') },
          { value: '604800', label: t('times.week') },
        ]}
      />
      <Button loading={busy} onClick={() => void run(undefined)}>
        {t('keys.rotate')}
      </Button>
    </Stack>
  );
}
