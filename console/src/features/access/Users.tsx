import { Badge, Button, Modal, NativeSelect, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay, useUser } from '~/app/session';
import { FormError } from '~/components/FormError';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { Ago } from '~/components/Time';
import { useConfirm } from '~/components/confirm';
import { useAction, useFields } from '~/components/form';

type User = Schema['UserView'];
const ROLES = ['viewer', 'operator', 'admin'] as const;

export function Users() {
  const { t } = useTranslation();
  const may = useMay();
  const me = useUser();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const users = useQuery(ask.users);
  const [making, setMaking] = useState(false);
  const [changing, setChanging] = useState<User>();
  const changed = () => void cache.invalidateQueries({ queryKey: ask.users.queryKey });
  const path = (user: User) => ({ params: { path: { name: user.name } } });
  const role = useAction(({ user, role: next }: { user: User; role: Schema['Role'] }) => need(api.PATCH('/api/v2/users/{name}', { ...path(user), body: { role: next } })), { done: t('access.roleChanged'), onDone: changed });
  const remove = useAction((user: User) => need(api.DELETE('/api/v2/users/{name}', path(user))), { done: t('access.userRemoved'), onDone: changed });
  const forget = useAction((user: User) => need(api.DELETE('/api/v2/users/{name}/second-factor', path(user))), { done: t('access.factorOff'), onDone: changed });
  const write = may('accounts:write');
  return (
    <Card
      bare
      title={t('access.tab.users')}
      text={t('access.usersText')}
      actions={
        write && (
          <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t('access.userMake')}
          </Button>
        )
      }
    >
      <Load query={users}>
        {(known) => (
          <List
            label={t('access.tab.users')}
            rows={known}
            rowKey={(user) => user.name}
            columns={[
              {
                name: t('login.name'),
                lead: true,
                cell: (user) => (
                  <>
                    <b>{user.name}</b>{' '}
                    {user.name === me.name && (
                      <Badge size="xs" variant="light" tt="none">
                        {t('access.you')}
                      </Badge>
                    )}
                  </>
                ),
              },
              {
                name: t('access.role'),
                cell: (user) =>
                  write && user.name !== me.name ? (
                    <NativeSelect
                      size="xs"
                      aria-label={t('access.roleOf', { name: user.name })}
                      value={user.role}
                      onChange={(event) => void role.run({ user, role: event.currentTarget.value as Schema['Role'] })}
                      data={ROLES.map((value) => ({ value, label: t(`roles.${value}`) }))}
                    />
                  ) : (
                    t(`roles.${user.role}`)
                  ),
              },
              { name: t('access.factor'), cell: (user) => (user.second_factor ? t('access.isOn') : t('access.isOff')) },
              { name: t('access.since'), cell: (user) => <Ago at={user.created} /> },
              {
                name: t('common.actions'),
                bare: true,
                cell: (user) =>
                  write &&
                  user.name !== me.name && (
                    <>
                      <Button size="xs" variant="default" onClick={() => setChanging(user)}>
                        {t('access.newPassword')}
                      </Button>
                      {user.second_factor && (
                        <Button
                          size="xs"
                          variant="default"
                          onClick={async () => {
                            if (await confirm({ title: t('access.factorRemove'), text: t('access.factorForget', { name: user.name }), yes: t('access.factorRemove') })) void forget.run(user);
                          }}
                        >
                          {t('access.factorRemove')}
                        </Button>
                      )}
                      <Button
                        size="xs"
                        variant="light"
                        color="red"
                        onClick={async () => {
                          if (await confirm({ title: t('access.userRemove'), text: t('access.userRemoveText', { name: user.name }), yes: t('access.userRemove') })) void remove.run(user);
                        }}
                      >
                        {t('access.userRemove')}
                      </Button>
                    </>
                  ),
              },
            ]}
          />
        )}
      </Load>
      <Text size="xs" c="dimmed" p="md">
        {t('access.rolesText')}
      </Text>
      <Modal opened={making} onClose={() => setMaking(false)} title={t('access.userMake')} closeButtonProps={{ 'aria-label': t('common.close') }}>
        <Make
          onDone={() => {
            setMaking(false);
            changed();
          }}
        />
      </Modal>
      <Modal opened={!!changing} onClose={() => setChanging(undefined)} title={t('access.newPasswordFor', { name: changing?.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
        {changing && <NewPassword user={changing} onDone={() => setChanging(undefined)} />}
      </Modal>
    </Card>
  );
}

function Make({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const fields = useFields({ name: '', password: '', role: 'operator' });
  const { name, password, role } = fields.values;
  const { run, busy, problem } = useAction(() => need(api.POST('/api/v2/users', { body: { name: name.trim(), password, role: role as Schema['Role'] } })), { fields, done: t('access.userMade'), onDone });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(undefined);
      }}
    >
      <Stack>
        <FormError problem={problem} />
        <TextInput label={t('login.name')} data-autofocus autoComplete="off" autoCapitalize="none" required withAsterisk={false} {...fields.text('name')} />
        <PasswordInput label={t('login.password')} description={t('setup.passwordText')} autoComplete="new-password" required withAsterisk={false} visibilityToggleButtonProps={{ 'aria-label': t('login.show'), tabIndex: 0 }} {...fields.text('password')} />
        <NativeSelect label={t('access.role')} data={ROLES.map((value) => ({ value, label: t(`roles.${value}`) }))} {...fields.text('role')} />
        <Text size="xs" c="dimmed">
          {t(`access.roleText.${role as 'viewer'}`)}
        </Text>
        <Button type="submit" loading={busy}>
          {t('access.userMake')}
        </Button>
      </Stack>
    </form>
  );
}

function NewPassword({ user, onDone }: { user: User; onDone: () => void }) {
  const { t } = useTranslation();
  const fields = useFields({ password: '' });
  const { run, busy, problem } = useAction(() => need(api.PATCH('/api/v2/users/{name}', { params: { path: { name: user.name } }, body: { password: fields.values.password } })), { fields, done: t('access.passwordChanged'), onDone });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(undefined);
      }}
    >
      <Stack>
        <FormError problem={problem} />
        <PasswordInput label={t('access.new')} description={t('access.newPasswordText')} data-autofocus autoComplete="new-password" required withAsterisk={false} visibilityToggleButtonProps={{ 'aria-label': t('login.show'), tabIndex: 0 }} {...fields.text('password')} />
        <Button type="submit" loading={busy}>
          {t('access.change')}
        </Button>
      </Stack>
    </form>
  );
}
