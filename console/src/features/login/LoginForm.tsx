import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { FormError } from '~/components/FormError';
import { useAction, useFields } from '~/components/form';

interface Props {
  /** Only this one may log in here. */
  name?: string;
  onDone: (session: Schema['SessionView']) => void;
}

export function LoginForm({ name, onDone }: Props) {
  const { t } = useTranslation();
  const fields = useFields({ name: name ?? '', password: '', code: '' });
  const [asked, setAsked] = useState(false);
  const code = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const { run, busy, problem } = useAction(
    (values: typeof fields.values) =>
      need(api.POST('/api/v2/session', { body: { name: values.name.trim(), password: values.password, code: asked ? values.code.replace(/\s/g, '') : undefined } })),
    { fields, onDone },
  );
  const second = asked || problem?.code === 'code_needed';
  useEffect(() => {
    if (problem?.code === 'code_needed') setAsked(true);
    if (problem?.code === 'wrong_password') password.current?.select();
  }, [problem]);
  useEffect(() => {
    if (second) code.current?.focus();
  }, [second]);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void run(fields.values);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {problem?.code !== 'code_needed' && <FormError problem={problem} />}
        <TextInput label={t('login.name')} autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} autoFocus={!name} readOnly={!!name} {...fields.text('name')} />
        <PasswordInput
          ref={password}
          label={t('login.password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          autoFocus={!!name}
          visibilityToggleButtonProps={{ 'aria-label': t('login.show'), tabIndex: 0 }}
          {...fields.text('password')}
        />
        {second && (
          <TextInput ref={code} label={t('login.code')} description={t('login.codeText')} inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} {...fields.text('code')} />
        )}
        <Button type="submit" loading={busy} fullWidth>
          {t('login.do')}
        </Button>
      </Stack>
    </form>
  );
}
