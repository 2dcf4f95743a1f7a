import { Badge, Button, Checkbox, Group, Modal, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { FormError } from '~/components/FormError';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Empty, Load } from '~/components/States';
import { useConfirm } from '~/components/confirm';
import { useAction, useFields } from '~/components/form';

type Rule = Schema['AddressRuleView'];

/** From where one may publish and watch. */
export function Addresses() {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const rules = useQuery({ ...ask.addressRules, enabled: may('keys:read') });
  const [making, setMaking] = useState(false);
  const changed = () => void cache.invalidateQueries({ queryKey: ask.addressRules.queryKey });
  const remove = useAction((rule: Rule) => need(api.DELETE('/api/v2/address-rules/{id}', { params: { path: { id: rule.id } } })), { done: t('addresses.removed'), onDone: changed });
  return (
    <Card
      bare
      title={t('addresses.title')}
      text={t('addresses.text')}
      actions={
        may('keys:write') && (
          <Button size="sm" variant="default" leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t('addresses.make')}
          </Button>
        )
      }
    >
      <Load query={rules}>
        {(known) =>
          known.length === 0 ? (
            <Empty title={t('addresses.none')} text={t('addresses.noneText')} />
          ) : (
            <List
              label={t('addresses.title')}
              rows={known}
              rowKey={(row) => row.id}
              columns={[
                { name: t('keys.label'), lead: true, cell: (row) => <b>{row.label}</b> },
                { name: t('addresses.effect'), cell: (row) => <Badge variant="light" color={row.effect === 'allow' ? 'green' : 'red'} tt="none">{t(`addresses.effects.${row.effect}`)}</Badge> },
                { name: t('addresses.network'), cell: (row) => <span className="mono">{row.network}</span> },
                { name: t('addresses.actions'), cell: (row) => row.actions.map((action) => t(`addresses.action.${action}`)).join(', ') },
                { name: t('addresses.streams'), cell: (row) => <span className="mono">{row.streams}</span> },
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
      <Modal opened={making} onClose={() => setMaking(false)} title={t('addresses.make')} closeButtonProps={{ 'aria-label': t('common.close') }}>
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
  const fields = useFields({ label: '', network: '', streams: '*', effect: 'allow' as 'allow' | 'deny', actions: ['publish'] as ('publish' | 'play')[] });
  const { label, network, streams, effect, actions } = fields.values;
  const { run, busy, problem } = useAction(() => need(api.POST('/api/v2/address-rules', { body: { label: label.trim(), network: network.trim(), streams: streams.trim() || undefined, effect, actions } })), { fields, onDone });
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
        <SegmentedControl
          aria-label={t('addresses.effect')}
          value={effect}
          onChange={(value) => fields.set('effect', value as 'allow')}
          data={(['allow', 'deny'] as const).map((value) => ({ value, label: t(`addresses.effects.${value}`) }))}
        />
        <TextInput label={t('addresses.network')} placeholder={EXAMPLE} required withAsterisk={false} {...fields.text('network')} />
        <Checkbox.Group label={t('addresses.actions')} value={actions} error={fields.errorOf('actions')} onChange={(value) => fields.set('actions', value as 'publish'[])}>
          <Group mt={4}>
            {(['publish', 'play'] as const).map((value) => (
              <Checkbox key={value} value={value} label={t(`addresses.action.${value}`)} />
            ))}
          </Group>
        </Checkbox.Group>
        <TextInput label={t('addresses.streams')} description={t('addresses.streamsText')} {...fields.text('streams')} />
        <Button type="submit" loading={busy}>
          {t('addresses.make')}
        </Button>
      </Stack>
    </form>
  );
}

const EXAMPLE = '192.0.2.0/24';
