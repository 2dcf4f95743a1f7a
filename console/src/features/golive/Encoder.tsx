import { Grid, Group, SegmentedControl, Stack, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { ask } from '~/api/queries';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { NAME, name } from './addresses';
import { keyFor } from './key-for';
import { Recipes } from './Recipes';
import { Signal } from './Signal';

const KEPT = 'sluice-stream';

interface Props {
  /** For who has never done it: without what can be left as it is. */
  first?: boolean;
}

/** Publishes from a program: choose a name, copy two fields, and see the picture come. */
export function Encoder({ first = false }: Props) {
  const { t } = useTranslation();
  const keys = useQuery(ask.keys);
  const [mine] = useState(name);
  const [kind, setKind] = useState<'live' | 'own'>('live');
  const [app, setApp] = useState('live');
  const [stream, setStream] = useState(() => sessionStorage.getItem(KEPT) ?? mine);
  const wrong = (value: string) => (NAME.test(value) ? undefined : t('golive.nameWrong'));
  const usable = NAME.test(app) && NAME.test(stream);
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Card>
          <Load query={keys}>
            {(known) => (
              <Stack>
                <Group align="flex-start" gap="sm">
                  <TextInput
                    label={t('golive.name')}
                    description={t('golive.nameText')}
                    value={stream}
                    error={wrong(stream)}
                    flex="1 1 12rem"
                    spellCheck={false}
                    autoCapitalize="none"
                    onChange={(event) => {
                      setStream(event.currentTarget.value);
                      sessionStorage.setItem(KEPT, event.currentTarget.value);
                    }}
                  />
                  {kind === 'own' && <TextInput label={t('golive.app')} description={t('golive.appText')} value={app} error={wrong(app)} w={140} onChange={(event) => setApp(event.currentTarget.value)} />}
                </Group>
                <div hidden={first}>
                  <VisuallyHidden id="app-kind">{t('golive.app')}</VisuallyHidden>
                  <SegmentedControl
                    size="xs"
                    aria-labelledby="app-kind"
                    value={kind}
                    onChange={(value) => {
                      setKind(value as typeof kind);
                      if (value === 'live') setApp('live');
                    }}
                    data={[
                      { value: 'live', label: t('golive.appLive') },
                      { value: 'own', label: t('golive.appOwn') },
                    ]}
                  />
                </div>
                {usable && <Recipes publish={{ app, stream, key: keyFor(known, app, stream) }} />}
                {!known.open && (
                  <Text size="xs" c="dimmed">
                    {t('golive.secret')}
                  </Text>
                )}
              </Stack>
            )}
          </Load>
        </Card>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>{usable && <Signal stream={`${app}/${stream}`} />}</Grid.Col>
    </Grid>
  );
}
