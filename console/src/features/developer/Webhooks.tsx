import { Alert, Badge, Button, Checkbox, Group, Modal, NativeSelect, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

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

type Webhook = Schema['WebhookView'];
const EVENTS = ['on_publish', 'on_unpublish', 'on_play', 'on_stop', 'on_record_begin', 'on_record_end'];

/** Who is asked and told of what happens. */
export function Webhooks() {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const webhooks = useQuery(ask.webhooks);
  const [editing, setEditing] = useState<Webhook | 'new'>();
  const [made, setMade] = useState<Schema['MadeWebhook']>();
  const changed = () => void cache.invalidateQueries({ queryKey: ask.webhooks.queryKey });
  const path = (hook: Webhook) => ({ params: { path: { id: hook.id } } });
  const turn = useAction((hook: Webhook) => need(api.PATCH('/api/v2/webhooks/{id}', { params: { path: { id: hook.id } }, body: { disabled: !hook.disabled } })), { onDone: changed });
  const remove = useAction((hook: Webhook) => need(api.DELETE('/api/v2/webhooks/{id}', path(hook))), { done: t('webhooks.removed'), onDone: changed });
  const rotate = useAction((hook: Webhook) => need(api.POST('/api/v2/webhooks/{id}/rotate', { ...path(hook), body: { grace: 3600 } })), {
    onDone: (next) => {
      setMade(next);
      changed();
    },
  });
  const [tested, setTested] = useState<Schema['DeliveryView']>();
  const test = useAction((hook: Webhook) => need(api.POST('/api/v2/webhooks/{id}/test', path(hook))), {
    onDone: (delivery) => {
      setTested(delivery);
      changed();
    },
  });
  const write = may('webhooks:write');
  return (
    <Stack>
      {made && (
        <Alert color="green" variant="light" title={t('webhooks.secretOf', { name: made.webhook.label })} withCloseButton closeButtonLabel={t('common.close')} onClose={() => setMade(undefined)}>
          <CopyField label={t('webhooks.secret')} value={made.secret} description={t('webhooks.secretOnce')} />
        </Alert>
      )}
      {tested && (
        <Alert color={tested.state === 'delivered' ? 'green' : 'red'} variant="light" withCloseButton closeButtonLabel={t('common.close')} onClose={() => setTested(undefined)} role="status">
          {tested.state === 'delivered' ? t('webhooks.testGood', { status: tested.status, took: tested.took }) : t('webhooks.testBad', { why: tested.error ?? tested.status })}
        </Alert>
      )}
      <Card
        bare
        title={t('developer.tab.webhooks')}
        text={t('webhooks.text')}
        actions={
          <>
            <Button size="sm" variant="default" component={Link} to="/activity?tab=webhooks">
              {t('webhooks.deliveries')}
            </Button>
            {write && (
              <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
                {t('webhooks.make')}
              </Button>
            )}
          </>
        }
      >
        <Load query={webhooks}>
          {(known) =>
            known.length === 0 ? (
              <Empty icon={<IconWebhook size={32} stroke={1.4} />} title={t('webhooks.none')} text={t('webhooks.noneText')} />
            ) : (
              <List
                label={t('developer.tab.webhooks')}
                rows={known}
                rowKey={(hook) => hook.id}
                columns={[
                  { name: t('keys.label'), lead: true, cell: (hook) => <><b>{hook.label}</b> <Text size="xs" c="dimmed" className="mono">{hook.url}</Text></> },
                  { name: t('webhooks.events'), cell: (hook) => (hook.events.length > 0 ? <span className="mono">{hook.events.join(', ')}</span> : t('keys.everything')) },
                  {
                    name: t('webhooks.health'),
                    cell: (hook) => (
                      <Badge variant="light" color={hook.health?.failing ? 'red' : 'green'} tt="none">
                        {hook.health?.failing ? t('webhooks.failing', { count: hook.health.queued }) : t('webhooks.good')}
                      </Badge>
                    ),
                  },
                  { name: t('keys.on'), cell: (hook) => <Switch checked={!hook.disabled} disabled={!write} onChange={() => void turn.run(hook)} aria-label={t('keys.onOf', { name: hook.label })} /> },
                  {
                    name: t('common.actions'),
                    bare: true,
                    cell: (hook) =>
                      write && (
                        <>
                          <Button size="xs" variant="default" loading={test.busy} onClick={() => void test.run(hook)}>
                            {t('webhooks.test')}
                          </Button>
                          <Button size="xs" variant="default" onClick={() => setEditing(hook)}>
                            {t('common.edit')}
                          </Button>
                          <Button size="xs" variant="default" onClick={() => void rotate.run(hook)}>
                            {t('webhooks.rotate')}
                          </Button>
                          <Button
                            size="xs"
                            variant="light"
                            color="red"
                            onClick={async () => {
                              if (await confirm({ title: t('webhooks.remove'), text: t('keys.removeText', { name: hook.label }), yes: t('webhooks.remove') })) void remove.run(hook);
                            }}
                          >
                            {t('webhooks.remove')}
                          </Button>
                        </>
                      ),
                  },
                ]}
              />
            )
          }
        </Load>
      </Card>
      <Modal opened={!!editing} onClose={() => setEditing(undefined)} title={editing === 'new' ? t('webhooks.make') : t('common.edit')} size="lg" closeButtonProps={{ 'aria-label': t('common.close') }}>
        {editing && (
          <Form
            hook={editing === 'new' ? undefined : editing}
            onDone={(next) => {
              setEditing(undefined);
              if (next) setMade(next);
              changed();
            }}
          />
        )}
      </Modal>
    </Stack>
  );
}

function Form({ hook, onDone }: { hook?: Webhook; onDone: (made?: Schema['MadeWebhook']) => void }) {
  const { t } = useTranslation();
  const fields = useFields({
    label: hook?.label ?? '',
    url: hook?.url ?? '',
    events: hook ? [...hook.events] : [],
    streams: hook ? [...hook.streams] : [],
    verify_tls: hook?.verify_tls ?? true,
    asks: !!hook?.ask,
    otherwise: hook?.ask?.otherwise ?? 'refuse',
  });
  const { label, url, events, streams, verify_tls, asks, otherwise } = fields.values;
  const { run, busy, problem } = useAction(
    async () => {
      const body = { label: label.trim(), url: url.trim(), events, streams, verify_tls, ask: asks ? { otherwise: otherwise as 'refuse' | 'allow' } : null };
      if (!hook) return need(api.POST('/api/v2/webhooks', { body: { ...body, ask: body.ask ?? undefined } }));
      await need(api.PATCH('/api/v2/webhooks/{id}', { params: { path: { id: hook.id } }, body }));
      return undefined;
    },
    { fields, onDone },
  );
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
        <TextInput label={t('webhooks.url')} placeholder={EXAMPLE} type="url" required withAsterisk={false} {...fields.text('url')} />
        <Checkbox.Group label={t('webhooks.events')} description={t('webhooks.eventsText')} value={events} error={fields.errorOf('events')} onChange={(value) => fields.set('events', value)}>
          <Group mt={6}>
            {EVENTS.map((event) => (
              <Checkbox key={event} value={event} label={<span className="mono">{event}</span>} />
            ))}
          </Group>
        </Checkbox.Group>
        <TagsInput label={t('addresses.streams')} description={t('webhooks.streamsText')} value={streams} error={fields.errorOf('streams')} onChange={(value) => fields.set('streams', value)} />
        <Switch label={t('webhooks.ask')} description={t('webhooks.askText')} checked={asks} onChange={(event) => fields.set('asks', event.currentTarget.checked)} />
        {asks && (
          <NativeSelect
            label={t('webhooks.otherwise')}
            data={[
              { value: 'refuse', label: t('webhooks.refuse') },
              { value: 'allow', label: t('webhooks.allow') },
            ]}
            {...fields.text('otherwise')}
          />
        )}
        <Switch label={t('webhooks.verify')} checked={verify_tls} onChange={(event) => fields.set('verify_tls', event.currentTarget.checked)} />
        <Button type="submit" loading={busy}>
          {hook ? t('common.save') : t('webhooks.make')}
        </Button>
      </Stack>
    </form>
  );
}

const EXAMPLE = 'https://example.com/hook';
