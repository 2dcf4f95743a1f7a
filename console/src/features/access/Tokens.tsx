import { Alert, Button, Checkbox, Modal, NativeSelect, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay, useSession } from '~/app/session';
import { CopyField } from '~/components/Copy';
import { FormError } from '~/components/FormError';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Empty, Load } from '~/components/States';
import { Ago } from '~/components/Time';
import { useConfirm } from '~/components/confirm';
import { useAction, useFields } from '~/components/form';

/** What programs use. */
export function Tokens() {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const [all, setAll] = useState(false);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Schema['MadeToken']>();
  const tokens = useQuery(ask.tokens(all));
  const changed = () => void cache.invalidateQueries({ queryKey: ['tokens'] });
  const revoke = useAction((token: Schema['TokenView']) => need(api.DELETE('/api/v2/tokens/{id}', { params: { path: { id: token.id } } })), { done: t('access.tokenRevoked'), onDone: changed });
  return (
    <>
      {made && (
        <Alert color="green" variant="light" title={t('access.tokenMade', { name: made.label })} withCloseButton closeButtonLabel={t('common.close')} onClose={() => setMade(undefined)}>
          <CopyField label={t('access.token')} value={made.secret} description={t('access.tokenOnce')} />
        </Alert>
      )}
      <Card
        bare
        title={t('access.tab.tokens')}
        text={t('access.tokensText')}
        actions={
          <>
            {may('accounts:read') && <Switch label={t('access.everybody')} checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />}
            <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
              {t('access.tokenMake')}
            </Button>
          </>
        }
      >
        <Load query={tokens}>
          {(known) =>
            known.length === 0 ? (
              <Empty title={t('access.noTokens')} />
            ) : (
              <List
                label={t('access.tab.tokens')}
                rows={known}
                rowKey={(token) => token.id}
                columns={[
                  { name: t('keys.label'), lead: true, cell: (token) => <><b>{token.label}</b>{all && <Text span size="sm" c="dimmed"> {token.user}</Text>}</> },
                  { name: t('access.permissions'), cell: (token) => <span className="mono">{token.permissions.join(', ')}</span> },
                  { name: t('keys.until'), cell: (token) => (token.expires ? <Ago at={token.expires} /> : t('keys.forever')) },
                  { name: t('access.used'), cell: (token) => (token.used ? <Ago at={token.used} /> : t('access.never')) },
                  {
                    name: t('common.actions'),
                    bare: true,
                    cell: (token) => (
                      <Button
                        size="xs"
                        variant="light"
                        color="red"
                        onClick={async () => {
                          if (await confirm({ title: t('access.tokenRevoke'), text: t('access.tokenRevokeText', { name: token.label }), yes: t('access.tokenRevoke') })) void revoke.run(token);
                        }}
                      >
                        {t('access.tokenRevoke')}
                      </Button>
                    ),
                  },
                ]}
              />
            )
          }
        </Load>
        <Modal opened={making} onClose={() => setMaking(false)} title={t('access.tokenMake')} size="lg" closeButtonProps={{ 'aria-label': t('common.close') }}>
          <Make
            onDone={(token) => {
              setMaking(false);
              setMade(token);
              changed();
            }}
          />
        </Modal>
      </Card>
    </>
  );
}

function Make({ onDone }: { onDone: (token: Schema['MadeToken']) => void }) {
  const { t } = useTranslation();
  const { state } = useSession();
  const mine = state.kind === 'in' ? state.session.permissions : [];
  const fields = useFields({ label: '', expires_in: '2592000', permissions: mine.filter((one) => one === 'streams:read' || one === 'system:read') });
  const { label, expires_in, permissions } = fields.values;
  const { run, busy, problem } = useAction(() => need(api.POST('/api/v2/tokens', { body: { label: label.trim(), permissions, expires_in: expires_in ? Number(expires_in) : undefined } })), { fields, onDone });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(undefined);
      }}
    >
      <Stack>
        <FormError problem={problem} />
        <TextInput label={t('keys.label')} description={t('access.tokenLabel')} data-autofocus required withAsterisk={false} {...fields.text('label')} />
        <Checkbox.Group label={t('access.permissions')} value={permissions} error={fields.errorOf('permissions')} onChange={(value) => fields.set('permissions', value)}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" mt={6}>
            {mine.map((permission) => (
              <Checkbox key={permission} value={permission} label={<span className="mono">{permission}</span>} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        <NativeSelect
          label={t('keys.until')}
          data={[
            { value: '86400', label: t('times.day') },
            { value: '2592000', label: t('times.month') },
            { value: '31536000', label: t('times.year') },
            { value: '', label: t('access.untilRevoked') },
          ]}
          {...fields.text('expires_in')}
        />
        <Button type="submit" loading={busy}>
          {t('access.tokenMake')}
        </Button>
      </Stack>
    </form>
  );
}
