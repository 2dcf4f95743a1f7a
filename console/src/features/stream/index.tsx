import { Alert, Anchor, Badge, Button, Group, Tabs, Text } from '@mantine/core';
import { IconAlertTriangle, IconExternalLink } from '@tabler/icons-react';
import { Trans, useTranslation } from 'react-i18next';
import { Link, useParams, useSearchParams } from 'react-router';

import { api, need } from '~/api/client';
import { useLive } from '~/api/live';
import { at } from '~/api/mount';
import { NotFound } from '~/app/NotFound';
import { useMay } from '~/app/session';
import { Page } from '~/components/Page';
import { LoadLive } from '~/components/States';
import { TabList } from '~/components/TabList';
import { Since } from '~/components/Time';
import { useConfirm } from '~/components/confirm';
import { useAction } from '~/components/form';
import { number, protocol } from '~/format';
import { RecordButton } from '~/features/recordings/RecordButton';
import { bitrateText, troubles, viewers } from '~/features/streams/describe';
import { State } from '~/features/streams/State';
import { Health } from './Health';
import { Ingest } from './Ingest';
import { Log } from './Log';
import { Offline } from './Offline';
import { Play } from './Play';
import { Guarded } from './Guarded';
import { Viewers } from './Viewers';

const TABS = [
  { name: 'health', needs: 'streams:read' },
  { name: 'viewers', needs: 'streams:read' },
  { name: 'ingest', needs: 'keys:read' },
  { name: 'play', needs: 'streams:read' },
  { name: 'log', needs: 'logs:read' },
] as const;

/** Everything about one stream. */
export function Component() {
  const { t } = useTranslation();
  const id = useParams()['*'] ?? '';
  const may = useMay();
  const live = useLive('streams', may('streams:read'));
  const [search, setSearch] = useSearchParams();
  const tabs = TABS.filter((tab) => may(tab.needs));
  const tab = tabs.find(({ name }) => name === search.get('tab'))?.name ?? 'health';
  if (!id.includes('/')) return <NotFound />;
  const found = live.known?.get(id);
  return (
    <Page title={id} text={found ? <Facts stream={found} /> : <Anchor component={Link} to="/streams">{t('places.streams')}</Anchor>} actions={<Actions id={id} live={found?.state === 'live'} />}>
      <LoadLive live={live}>
        {() => (
          <div className="stream-top">
            {found?.state === 'live' ? (
              <Guarded stream={id} />
            ) : (
              <Offline id={id} dropped={found?.state === 'dropped'} />
            )}
          </div>
        )}
      </LoadLive>
      {found &&
        troubles(found).map((trouble) => (
          <Alert key={trouble} color="yellow" variant="light" icon={<IconAlertTriangle size={18} />}>
            {t(`streams.trouble.${trouble}`)}
          </Alert>
        ))}
      <Tabs value={tab} onChange={(value) => setSearch(value ? { tab: value } : {}, { replace: true })} keepMounted={false}>
        <TabList>
          {tabs.map(({ name }) => (
            <Tabs.Tab key={name} value={name} rightSection={name === 'viewers' && found ? <Badge size="sm" variant="light" color="gray">{number(viewers(found))}</Badge> : undefined}>
              {t(`stream.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </TabList>
        <Tabs.Panel value="health">
          <Health id={id} stream={found} />
        </Tabs.Panel>
        <Tabs.Panel value="viewers">
          <Viewers id={id} stream={found} />
        </Tabs.Panel>
        <Tabs.Panel value="ingest">
          <Ingest id={id} stream={found} />
        </Tabs.Panel>
        <Tabs.Panel value="play">
          <Play id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <Log id={id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Facts({ stream }: { stream: Parameters<typeof State>[0]['stream'] }) {
  const { t } = useTranslation();
  return (
    <Group gap="sm" className="numbers">
      <State stream={stream} />
      {stream.publisher && (
        <Text size="sm" component="span">
          {protocol(stream.publisher.protocol)} · <Since at={stream.publisher.since} /> · {bitrateText(stream)}
        </Text>
      )}
      <Text size="sm" component="span">
        {t('streams.viewersCount', { count: viewers(stream) })}
      </Text>
      {stream.parent && (
        <Text size="sm" component="span">
          <Trans i18nKey="stream.partOf" values={{ stream: stream.parent }} components={{ to: <Anchor component={Link} to={`/streams/${stream.parent}`} inherit underline="always" /> }} />
        </Text>
      )}
    </Group>
  );
}

function Actions({ id, live }: { id: string; live: boolean }) {
  const { t } = useTranslation();
  const may = useMay();
  const confirm = useConfirm();
  const kick = useAction(() => need(api.POST('/api/v2/streams/{id}/kick', { params: { path: { id } } })), { done: t('stream.kicked') });
  return (
    <>
      <RecordButton id={id} />
      <Button component="a" href={at(`watch/${id}`)} target="_blank" rel="noreferrer" variant="default" leftSection={<IconExternalLink size={16} />}>
        {t('stream.watch')}
      </Button>
      {may('streams:write') && live && (
        <Button
          color="red"
          variant="light"
          loading={kick.busy}
          onClick={async () => {
            if (await confirm({ title: t('stream.kick'), text: t('stream.kickText', { stream: id }), yes: t('stream.kick') })) void kick.run(undefined);
          }}
        >
          {t('stream.kick')}
        </Button>
      )}
    </>
  );
}
