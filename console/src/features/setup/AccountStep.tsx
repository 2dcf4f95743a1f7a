import { Alert, Button, PasswordInput, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState, type SyntheticEvent } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { api, need } from '~/api/client';
import { useSession } from '~/app/session';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { useAction, useFields } from '~/components/form';
import { strength } from './strength';
import { tokenIn } from './token';

export function AccountStep({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const { enter } = useSession();
  const [search, setSearch] = useSearchParams();
  const [given] = useState(search.get('token') ?? '');
  // The address is in the history of the browser; what opens the server is not to be.
  useEffect(() => {
    if (search.has('token')) setSearch({}, { replace: true });
  }, [search, setSearch]);
  const fields = useFields({ token: given, name: 'admin', password: '', again: '' });
  const { token, name, password, again } = fields.values;
  const { run, busy, problem } = useAction(() => need(api.POST('/api/v2/setup', { body: { token: tokenIn(token), name: name.trim(), password } })), {
    fields,
    onDone: (session) => {
      enter(session);
      onDone();
    },
  });
  // One in the address may be of a start that is over.
  const wrong = problem?.code === 'wrong_setup_token';
  const [asked, setAsked] = useState(!given);
  useEffect(() => {
    if (wrong) setAsked(true);
  }, [wrong]);
  const strong = strength(password);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (password.length < 8) fields.setWrong(new Map([['password', t('setup.short')]]));
    else if (password !== again) fields.setWrong(new Map([['again', t('setup.differs')]]));
    else void run(undefined);
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <FormError problem={problem} />
          {asked && (
            <>
              <Alert variant="light" color="blue">
                <Trans i18nKey="setup.noToken" components={{ code: <code /> }} />
              </Alert>
              <TextInput label={t('setup.token')} autoComplete="off" spellCheck={false} autoFocus {...fields.text('token')} />
            </>
          )}
          <TextInput label={t('login.name')} description={t('setup.nameText')} autoComplete="username" autoCapitalize="none" {...fields.text('name')} />
          <div>
            <PasswordInput
              label={t('login.password')}
              description={t('setup.passwordText')}
              autoComplete="new-password"
              autoFocus={!asked}
              visibilityToggleButtonProps={{ 'aria-label': t('login.show'), tabIndex: 0 }}
              {...fields.text('password')}
            />
            <Progress value={(strong + 1) * 20} color={strong < 2 ? 'red' : strong < 3 ? 'yellow' : 'green'} size={4} mt={8} aria-hidden />
            <Text size="xs" c="dimmed" mt={4} role="status">
              {strong >= 0 && t(`setup.strength.${strong}` as 'setup.strength.0')}
            </Text>
          </div>
          <PasswordInput label={t('setup.again')} autoComplete="new-password" visibilityToggleButtonProps={{ 'aria-label': t('login.show'), tabIndex: 0 }} {...fields.text('again')} />
          <Button type="submit" loading={busy}>
            {t('setup.make')}
          </Button>
        </Stack>
      </form>
    </Card>
  );
}
