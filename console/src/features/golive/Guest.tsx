import { Alert, Button, Grid, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconLock, IconMailForward } from '@tabler/icons-react';
import { QRCodeSVG } from 'qrcode.react';
import { useState, type SyntheticEvent } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, need, type Schema } from '~/api/client';
import { at } from '~/api/mount';
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
import { name } from './addresses';

type Invite = Schema['InviteView'];

/** Where a guest goes: the token stands after `#`, which browsers tell nobody. */
export const guestLink = (invite: Invite) => at(`${invite.action === 'publish' ? 'publish' : `watch/${invite.app}/${invite.stream}`}#token=${invite.token}`);

/** Lets somebody publish, or watch, for a while, without an account. */
export function Guest() {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const invites = useQuery(ask.invites);
  const [made, setMade] = useState<Invite>();
  const fields = useFields({ label: '', stream: name(), app: 'live', expires_in: '86400', action: 'publish' });
  const { values } = fields;
  const changed = () => cache.invalidateQueries({ queryKey: ask.invites.queryKey });
  const make = useAction(
    () =>
      need(
        api.POST('/api/v2/invites', {
          body: { label: values.label.trim(), app: values.app.trim(), stream: values.stream.trim(), action: values.action as 'publish', expires_in: Number(values.expires_in) },
        }),
      ),
    {
      fields,
      onDone: (invite) => {
        setMade(invite);
        void changed();
      },
    },
  );
  const remove = useAction((invite: Invite) => need(api.DELETE('/api/v2/invites/{id}', { params: { path: { id: invite.id } } })), { done: t('golive.uninvited'), onDone: () => void changed() });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void make.run(undefined);
  };
  return (
    <Stack>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Card title={t('golive.invite')} text={t('golive.inviteText')}>
            <form onSubmit={submit}>
              <Stack>
                <FormError problem={make.problem} />
                <TextInput label={t('golive.who')} placeholder={t('golive.whoExample')} required withAsterisk={false} {...fields.text('label')} />
                <NativeSelect
                  label={t('golive.what')}
                  data={[
                    { value: 'publish', label: t('golive.mayPublish') },
                    { value: 'play', label: t('golive.mayWatch') },
                  ]}
                  {...fields.text('action')}
                />
                <Group grow align="flex-start">
                  <TextInput label={t('golive.name')} spellCheck={false} {...fields.text('stream')} />
                  <NativeSelect
                    label={t('golive.until')}
                    data={[
                      { value: '3600', label: t('times.hour') },
                      { value: '86400', label: t('times.day') },
                      { value: '604800', label: t('times.week') },
                      { value: '2592000', label: t('times.month') },
                    ]}
                    {...fields.text('expires_in')}
                  />
                </Group>
                <Button type="submit" loading={make.busy} disabled={!may('keys:write')}>
                  {t('golive.inviteDo')}
                </Button>
              </Stack>
            </form>
          </Card>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          {made && (
            <Card title={t('golive.linkFor', { name: made.label })} text={t('golive.linkText')}>
              <Stack>
                {made.action === 'publish' && location.protocol !== 'https:' && (
                  <Alert color="yellow" variant="light" icon={<IconLock size={18} />} title={t('golive.insecure')}>
                    <Trans i18nKey="golive.guestInsecure" components={{ to: <Link to="/settings?tab=https" /> }} />
                  </Alert>
                )}
                <CopyField label={t('golive.link')} value={guestLink(made)} />
                <div className="qr">
                  <QRCodeSVG value={guestLink(made)} size={150} title={t('golive.qr')} />
                </div>
              </Stack>
            </Card>
          )}
        </Grid.Col>
      </Grid>
      <Card title={t('golive.invited')} bare>
        <Load query={invites}>
          {(known) =>
            known.length === 0 ? (
              <Empty icon={<IconMailForward size={32} stroke={1.4} />} title={t('golive.nobodyInvited')} />
            ) : (
              <List
                label={t('golive.invited')}
                rows={known}
                rowKey={(row) => row.id}
                columns={[
                  { name: t('golive.who'), cell: (row) => <b>{row.label}</b>, lead: true },
                  { name: t('golive.what'), cell: (row) => (row.action === 'publish' ? t('golive.mayPublish') : t('golive.mayWatch')) },
                  { name: t('golive.stream'), cell: (row) => <span className="mono">{`${row.app}/${row.stream}`}</span> },
                  { name: t('golive.ends'), cell: (row) => <Ago at={row.expires} /> },
                  {
                    name: t('common.actions'),
                    bare: true,
                    cell: (row) => (
                      <>
                        <Button size="xs" variant="default" onClick={() => setMade(row)}>
                          {t('golive.link')}
                        </Button>
                        {may('keys:write') && (
                          <Button
                            size="xs"
                            variant="light"
                            color="red"
                            onClick={async () => {
                              if (await confirm({ title: t('golive.uninvite'), text: t('golive.uninviteText', { name: row.label }), yes: t('golive.uninvite') })) void remove.run(row);
                            }}
                          >
                            {t('golive.uninvite')}
                          </Button>
                        )}
                      </>
                    ),
                  },
                ]}
              />
            )
          }
        </Load>
      </Card>
      <Text size="xs" c="dimmed">
        {t('golive.guestHint')}
      </Text>
    </Stack>
  );
}
