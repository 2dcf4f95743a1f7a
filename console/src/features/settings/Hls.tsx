import { Badge, Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { useChange } from './change';

/** How HLS is cut and served; a change holds at once. */
export function Hls() {
  const { t } = useTranslation();
  const may = useMay();
  const settings = useQuery(ask.settings);
  const { run, busy } = useChange(settings.data?.tag);
  const switches = [
    { name: 'short', title: t('settings.hls.short'), text: t('settings.hls.shortText') },
    { name: 'plain', title: t('settings.hls.plain'), text: t('settings.hls.plainText') },
  ] as const;
  return (
    <Card title={t('settings.hls.title')} text={t('settings.hls.text')}>
      <Load query={settings}>
        {({ settings: known }) => (
          <Stack>
            {switches.map(({ name, title, text }) => (
              <Switch
                key={name}
                checked={known.hls[name]}
                disabled={busy || !may('settings:write')}
                onChange={(event) => void run({ hls: { [name]: event.currentTarget.checked } })}
                label={
                  <>
                    {title}{' '}
                    <Badge size="xs" variant="light" color="gray" tt="none">
                      {known.hls.set.includes(name) ? t('settings.origin.here') : t('settings.origin.file')}
                    </Badge>
                  </>
                }
                description={text}
              />
            ))}
            <Text size="sm" c="dimmed">
              {t('settings.hls.ll')}
            </Text>
          </Stack>
        )}
      </Load>
    </Card>
  );
}
