import { Alert, Grid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconLock } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { ask } from '~/api/queries';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { NAME, name } from './addresses';
import { keyFor } from './key-for';
import { Signal } from './Signal';

/** Publishes from here: camera, microphone or screen. */
export function Browser() {
  const { t } = useTranslation();
  const keys = useQuery(ask.keys);
  const [stream, setStream] = useState(name);
  const wrong = NAME.test(stream) ? undefined : t('golive.nameWrong');
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Stack>
          {!window.isSecureContext && (
            <Alert color="yellow" variant="light" icon={<IconLock size={18} />} title={t('golive.insecure')}>
              <Trans i18nKey="golive.insecureText" components={{ to: <Link to="/settings?tab=https" /> }} />
            </Alert>
          )}
          <Card>
            <Stack>
              <TextInput label={t('golive.name')} value={stream} error={wrong} spellCheck={false} autoCapitalize="none" onChange={(event) => setStream(event.currentTarget.value)} />
              <Load query={keys}>{(known) => (wrong ? null : <Publisher stream={`live/${stream}`} secret={keyFor(known, 'live', stream)} />)}</Load>
            </Stack>
          </Card>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        {!wrong && <Signal stream={`live/${stream}`} />}
        <Text size="xs" c="dimmed" mt="sm">
          {t('golive.browserHint')}
        </Text>
      </Grid.Col>
    </Grid>
  );
}

function Publisher({ stream, secret }: { stream: string; secret?: string }) {
  const { i18n } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let end: (() => void) | undefined;
    let left = false;
    // While a name is being typed nothing is opened.
    const timer = setTimeout(() => {
      void import('~/publish').then(({ mountPublisher }) => {
        if (left) return;
        const handle = mountPublisher(element, { to: { stream, secret }, language: i18n.language === 'zh-CN' ? 'zh-CN' : 'en' });
        end = () => handle.destroy();
      });
    }, 300);
    return () => {
      left = true;
      clearTimeout(timer);
      end?.();
    };
  }, [stream, secret, i18n.language]);
  return <div ref={place} />;
}
