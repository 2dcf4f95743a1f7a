import { Stack, Text, Title } from '@mantine/core';
import { Trans, useTranslation } from 'react-i18next';

import { Alone } from '~/app/Alone';
import { useSession } from '~/app/session';
import { Card } from '~/components/Page';
import { LoginForm } from './LoginForm';

export function Component() {
  const { t } = useTranslation();
  const { enter } = useSession();
  return (
    <Alone title={t('login.title')} width={400}>
      <Stack>
        <Title order={1}>{t('login.title')}</Title>
        <Card>
          <LoginForm onDone={enter} />
        </Card>
        <Text size="sm" c="dimmed" component="div">
          <details>
            <summary>{t('login.forgot')}</summary>
            <Text size="sm" mt="xs">
              <Trans i18nKey="login.forgotText" components={{ code: <code /> }} />
            </Text>
          </details>
        </Text>
      </Stack>
    </Alone>
  );
}
