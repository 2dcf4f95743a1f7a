import { Group, Stack, Tabs, Text } from '@mantine/core';
import { QRCodeSVG } from 'qrcode.react';
import { useTranslation } from 'react-i18next';

import { CopyCode, CopyField } from '~/components/Copy';
import { Loading } from '~/components/States';
import { TabList } from '~/components/TabList';
import { ffmpeg, LOOPBACK, rtmpServer, srt, streamKey, testPicture, whip, type Publish } from './addresses';
import { usePlace } from './place';

/** What to put into which program to publish a stream. */
export function Recipes({ publish }: { publish: Publish }) {
  const { t } = useTranslation();
  const place = usePlace();
  if (!place) return <Loading />;
  const [rtmp, rtmps, srtUrl] = [rtmpServer(place, publish), rtmpServer(place, publish, true), srt(place, publish)];
  const server = rtmp ?? rtmps;
  const key = streamKey(publish);
  const target = server && `${server}/${key}`;
  return (
    <Tabs defaultValue={server ? 'obs' : 'whip'} keepMounted={false}>
      <TabList>
        {server && <Tabs.Tab value="obs">{OBS}</Tabs.Tab>}
        {target && <Tabs.Tab value="ffmpeg">{FFMPEG}</Tabs.Tab>}
        {target && <Tabs.Tab value="phone">{t('golive.phone')}</Tabs.Tab>}
        {srtUrl && <Tabs.Tab value="srt">{SRT}</Tabs.Tab>}
        <Tabs.Tab value="whip">{WHIP}</Tabs.Tab>
      </TabList>
      {server && (
        <Tabs.Panel value="obs">
          <Stack gap="sm">
            <Text size="sm">{t('golive.obs')}</Text>
            <CopyField label={t('golive.server')} value={server} />
            <CopyField label={t('golive.key')} value={key} secret={!!publish.key} />
            {rtmp && rtmps && <CopyField label={t('golive.serverSecure')} value={rtmps} description={t('golive.serverSecureText')} />}
            <Text size="xs" c="dimmed">
              {t('golive.keyframes')}
            </Text>
          </Stack>
        </Tabs.Panel>
      )}
      {target && (
        <Tabs.Panel value="ffmpeg">
          <Stack gap="sm">
            <Text size="sm">{t('golive.ffmpeg')}</Text>
            <CopyCode name={FFMPEG} code={ffmpeg(target)} />
            <Text size="sm">{t('golive.test')}</Text>
            <CopyCode name={t('golive.testName')} code={testPicture(target)} />
          </Stack>
        </Tabs.Panel>
      )}
      {target && (
        <Tabs.Panel value="phone">
          <Group align="flex-start" gap="lg">
            <div className="qr">
              <QRCodeSVG value={target} size={180} title={t('golive.qr')} />
            </div>
            <Stack gap="sm" flex="1 1 16rem">
              <Text size="sm">{t('golive.phoneText')}</Text>
              <CopyField label={t('golive.address')} value={target} secret={!!publish.key} />
            </Stack>
          </Group>
        </Tabs.Panel>
      )}
      {srtUrl && (
        <Tabs.Panel value="srt">
          <Stack gap="sm">
            <Text size="sm">{t('golive.srt')}</Text>
            <CopyField label={t('golive.address')} value={srtUrl} secret={!!publish.key} />
          </Stack>
        </Tabs.Panel>
      )}
      <Tabs.Panel value="whip">
        <Stack gap="sm">
          <Text size="sm">{t('golive.whip')}</Text>
          <CopyField label={t('golive.server')} value={whip(place, publish)} secret={!!publish.key} />
        </Stack>
      </Tabs.Panel>
      {LOOPBACK.test(place.host) && (
        <Text size="xs" c="dimmed" mt="sm">
          {t('golive.loopback', { host: place.host })}
        </Text>
      )}
    </Tabs>
  );
}

// Names of programs and protocols, the same in every language.
const [OBS, FFMPEG, SRT, WHIP] = ['OBS, vMix', 'FFmpeg', 'SRT', 'WHIP'];
