import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { Alone } from '~/app/Alone';
import { useSession } from '~/app/session';
import { AccountStep } from './AccountStep';
import { LooksStep } from './LooksStep';
import { ReachStep } from './ReachStep';
import { StreamStep } from './StreamStep';

const STEPS = ['account', 'looks', 'reach', 'stream'] as const;

/** The first minutes with a new server, in four steps; all but the first may be left out, and come back to. */
export function Component() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { state } = useSession();
  const [chosen, setChosen] = useState(0);
  // Who is logged in has an account.
  const step = state.kind === 'in' ? Math.max(chosen, 1) : 0;
  const name = STEPS[step] ?? 'account';
  const next = () => (step + 1 < STEPS.length ? setChosen(step + 1) : void navigate('/'));
  return (
    <Alone title={t('setup.title')} width={name === 'stream' ? 860 : 560}>
      <Stack gap="lg">
        <div>
          <Text size="sm" c="dimmed" aria-live="polite">
            {t('setup.step', { step: step + 1, of: STEPS.length })}
          </Text>
          <Title order={1}>{t(`setup.${name}.title`)}</Title>
          <Text c="dimmed" mt={4}>
            {t(`setup.${name}.text`)}
          </Text>
        </div>
        <Group gap={6} grow aria-hidden>
          {STEPS.map((one, index) => (
            <span key={one} className="setup-step" data-done={index <= step || undefined} />
          ))}
        </Group>
        {name === 'account' && <AccountStep onDone={() => setChosen(1)} />}
        {name === 'looks' && <LooksStep />}
        {name === 'reach' && <ReachStep />}
        {name === 'stream' && <StreamStep />}
        {name !== 'account' && (
          <Group justify="space-between">
            {step + 1 < STEPS.length ? (
              <Button variant="subtle" color="gray" px={0} onClick={() => void navigate('/')}>
                {t('setup.skip')}
              </Button>
            ) : (
              <span />
            )}
            <Group gap="xs">
              {step > 1 && (
                <Button variant="default" onClick={() => setChosen(step - 1)}>
                  {t('setup.back')}
                </Button>
              )}
              <Button onClick={next}>{step + 1 < STEPS.length ? t('setup.next') : t('setup.finish')}</Button>
            </Group>
          </Group>
        )}
      </Stack>
    </Alone>
  );
}
