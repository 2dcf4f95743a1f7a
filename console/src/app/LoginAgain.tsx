import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { ear } from '~/api/live';
import { LoginForm } from '~/features/login/LoginForm';
import { useSession } from './session';

/** The server knows the login no more: what has been typed into the page stays, and the password is asked for over it. */
export function LoginAgain() {
  const { t } = useTranslation();
  const { state, enter } = useSession();
  if (state.kind !== 'in') return null;
  return (
    <Modal opened={state.lost} onClose={() => undefined} withCloseButton={false} title={t('login.again')} centered closeOnClickOutside={false} closeOnEscape={false}>
      <LoginForm
        name={state.session.user.name}
        onDone={(session) => {
          ear.end();
          enter(session);
        }}
      />
    </Modal>
  );
}
