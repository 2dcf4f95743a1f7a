import { Badge, Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { useSession, useUser } from '~/app/session';
import { CopyField } from '~/components/Copy';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { useAction, useFields } from '~/components/form';

/** One's own account. */
export function Me() {
  return (
    <>
      <Password />
      <Factor />
    </>
  );
}

function Password() {
  const { t } = useTranslation();
  const { enter } = useSession();
  const user = useUser();
  const fields = useFields({ current: '', password: '', again: '' });
  const { run, busy, problem } = useAction(() => need(api.PUT('/api/v2/session/password', { body: { current: fields.values.current, password: fields.values.password } })), {
    fields,
    done: t('access.passwordChanged'),
    onDone: (session) => {
      enter(session);
      fields.reset({ current: '', password: '', again: '' });
    },
  });
  const toggle = { 'aria-label': t('login.show'), tabIndex: 0 };
  return (
    <Card title={t('access.password')} text={t('access.passwordText', { name: user.name })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (fields.values.password !== fields.values.again) fields.setWrong(new Map([['again', t('setup.differs')]]));
          else void run(undefined);
        }}
      >
        <Stack maw={420}>
          <FormError problem={problem} />
          <PasswordInput label={t('access.current')} autoComplete="current-password" visibilityToggleButtonProps={toggle} required withAsterisk={false} {...fields.text('current')} />
          <PasswordInput label={t('access.new')} autoComplete="new-password" visibilityToggleButtonProps={toggle} required withAsterisk={false} {...fields.text('password')} />
          <PasswordInput label={t('setup.again')} autoComplete="new-password" visibilityToggleButtonProps={toggle} required withAsterisk={false} {...fields.text('again')} />
          <Button type="submit" w="max-content" loading={busy}>
            {t('access.change')}
          </Button>
        </Stack>
      </form>
    </Card>
  );
}

function Factor() {
  const { t } = useTranslation();
  const { state, enter } = useSession();
  const user = useUser();
  const [proposed, setProposed] = useState<Schema['FactorView']>();
  const fields = useFields({ code: '', password: '' });
  const told = (changed: Schema['UserView']) => {
    if (state.kind === 'in') enter({ ...state.session, user: changed });
    setProposed(undefined);
    fields.reset({ code: '', password: '' });
  };
  const propose = useAction(() => need(api.GET('/api/v2/session/second-factor')), { onDone: setProposed });
  const set = useAction(
    () => need(api.PUT('/api/v2/session/second-factor', { body: { secret: proposed?.secret ?? '', code: fields.values.code.replace(/\s/g, ''), password: fields.values.password } })),
    { fields, done: t('access.factorOn'), onDone: told },
  );
  const remove = useAction(() => need(api.DELETE('/api/v2/session/second-factor', { body: { password: fields.values.password } })), { fields, done: t('access.factorOff'), onDone: told });
  const toggle = { 'aria-label': t('login.show'), tabIndex: 0 };
  const password = <PasswordInput label={t('access.current')} autoComplete="current-password" visibilityToggleButtonProps={toggle} required withAsterisk={false} {...fields.text('password')} />;
  return (
    <Card
      title={
        <Group gap="xs">
          {t('access.factor')}
          <Badge variant="light" color={user.second_factor ? 'green' : 'gray'} tt="none">
            {user.second_factor ? t('access.isOn') : t('access.isOff')}
          </Badge>
        </Group>
      }
      text={t('access.factorText')}
    >
      {user.second_factor ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void remove.run(undefined);
          }}
        >
          <Stack maw={420}>
            <FormError problem={remove.problem} />
            {password}
            <Button type="submit" color="red" variant="light" w="max-content" loading={remove.busy}>
              {t('access.factorRemove')}
            </Button>
          </Stack>
        </form>
      ) : proposed ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void set.run(undefined);
          }}
        >
          <Group align="flex-start" gap="lg">
            <div className="qr">
              <QRCodeSVG value={proposed.url} size={170} title={t('access.scan')} />
            </div>
            <Stack flex="1 1 16rem" maw={420}>
              <Text size="sm">{t('access.scan')}</Text>
              <CopyField label={t('access.secret')} value={proposed.secret} />
              <FormError problem={set.problem} />
              <TextInput label={t('login.code')} inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} {...fields.text('code')} />
              {password}
              <Button type="submit" w="max-content" loading={set.busy}>
                {t('access.factorSet')}
              </Button>
            </Stack>
          </Group>
        </form>
      ) : (
        <Button variant="default" loading={propose.busy} onClick={() => void propose.run(undefined)}>
          {t('access.factorBegin')}
        </Button>
      )}
    </Card>
  );
}
