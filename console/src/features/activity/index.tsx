import { Badge, Button, Code, Group, Modal, NativeSelect, Stack, Tabs, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconPlayerPause, IconPlayerPlay, IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { useLive } from '~/api/live';
import type { LogLine } from '~/api/topics';
import { useMay } from '~/app/session';
import { List } from '~/components/List';
import { Card, Page } from '~/components/Page';
import { Empty, Failed, Loading, LoadLive } from '~/components/States';
import { TabList } from '~/components/TabList';
import { Ago } from '~/components/Time';
import { useAction } from '~/components/form';
import { useTab } from '~/components/useTab';
import { Deeds } from './Deeds';
import { deedName } from './deed';
import { Lines } from './Lines';

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const tabs = [
    ...(may('accounts:read') ? (['audit'] as const) : []),
    ...(may('webhooks:read') ? (['webhooks'] as const) : []),
    ...(may('logs:read') ? (['log'] as const) : []),
  ];
  const [tab, setTab] = useTab(tabs);
  return (
    <Page title={t('places.activity')}>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <TabList>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`activity.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </TabList>
        <Tabs.Panel value="audit">
          <Audit />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks">
          <Deliveries />
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <Log />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Audit() {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState('');
  const nameOf = (action: string) => {
    const name = deedName(action);
    return name && t(`activity.deed.${name}`);
  };
  const pages = useInfiniteQuery({
    queryKey: ['deeds', 'all'],
    queryFn: ({ pageParam }) => need(api.GET('/api/v2/audit', { params: { query: { limit: 100, after: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  if (pages.isPending) return <Loading />;
  if (!pages.data) return <Failed problem={pages.error} retry={() => void pages.refetch()} />;
  const word = wanted.trim().toLowerCase();
  const deeds = pages.data.pages.flatMap((page) => page.items).filter((deed) => !word || [deed.action, nameOf(deed.action), deed.subject, deed.who, deed.address].some((text) => text?.toLowerCase().includes(word)));
  return (
    <Stack>
      <Group justify="space-between">
        <TextInput aria-label={t('activity.search')} placeholder={t('activity.search')} leftSection={<IconSearch size={16} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} maw={360} flex="1 1 14rem" />
        <Button variant="default" loading={pages.isFetching && !pages.isFetchingNextPage} onClick={() => void pages.refetch()}>
          {t('activity.refresh')}
        </Button>
      </Group>
      <Card bare>{deeds.length === 0 ? <Empty title={t('activity.none')} /> : <Deeds deeds={deeds} />}</Card>
      {pages.hasNextPage && (
        <Button variant="default" mx="auto" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t('activity.older')}
        </Button>
      )}
    </Stack>
  );
}

const STATES: Record<string, string> = { delivered: 'green', refused: 'yellow', retrying: 'yellow', failed: 'red' };

function Deliveries() {
  const { t } = useTranslation();
  const may = useMay();
  const live = useLive('webhooks');
  const [shown, setShown] = useState<Schema['DeliveryView']>();
  const replay = useAction(
    (delivery: Schema['DeliveryView']) => need(api.POST('/api/v2/webhooks/{id}/deliveries/{number}/replay', { params: { path: { id: delivery.webhook, number: delivery.number } } })),
    { done: t('activity.replayed') },
  );
  return (
    <Card bare>
      <LoadLive live={live}>
        {(known) =>
          known.size === 0 ? (
            <Empty title={t('activity.noDeliveries')} text={t('activity.noDeliveriesText')} />
          ) : (
            <List
              label={t('activity.tab.webhooks')}
              rows={[...known.values()].reverse()}
              rowKey={(row) => row.number}
              columns={[
                { name: t('activity.event'), lead: true, cell: (row) => <><b>{row.event}</b> <Text span size="sm" c="dimmed">{row.app ? `${row.app}/${row.stream}` : ''}</Text></> },
                { name: t('activity.state'), cell: (row) => <Badge variant="light" color={STATES[row.state] ?? 'gray'} tt="none">{t(`activity.states.${row.state as 'failed'}`)}{row.status ? ` · ${row.status}` : ''}</Badge> },
                { name: t('activity.webhook'), cell: (row) => <span className="mono">{row.webhook}</span> },
                { name: t('activity.attempts'), cell: (row) => row.attempts, end: true },
                { name: t('activity.took'), cell: (row) => `${row.took} ms`, end: true },
                { name: t('activity.when'), cell: (row) => <Ago at={row.at} />, end: true },
                {
                  name: t('common.actions'),
                  bare: true,
                  cell: (row) => (
                    <>
                      <Button size="xs" variant="default" onClick={() => setShown(row)}>
                        {t('activity.show')}
                      </Button>
                      {may('webhooks:write') && (
                        <Button size="xs" variant="default" disabled={replay.busy} onClick={() => void replay.run(row)}>
                          {t('activity.replay')}
                        </Button>
                      )}
                    </>
                  ),
                },
              ]}
            />
          )
        }
      </LoadLive>
      <Modal opened={!!shown} onClose={() => setShown(undefined)} title={shown?.event} size="lg" closeButtonProps={{ 'aria-label': t('common.close') }}>
        {shown && (
          <Stack>
            {shown.error && <Text c="red">{shown.error}</Text>}
            <Text size="sm" fw={600}>
              {t('activity.request')}
            </Text>
            <Code block>{pretty(shown.request)}</Code>
            <Text size="sm" fw={600}>
              {t('activity.answer')}
            </Text>
            <Code block>{pretty(shown.answer)}</Code>
          </Stack>
        )}
      </Modal>
    </Card>
  );
}

function pretty(text: string | null | undefined) {
  if (!text) return '–';
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const LEVELS = ['error', 'warn', 'info', 'debug', 'trace'];

function Log() {
  const { t } = useTranslation();
  const live = useLive('logs');
  const [level, setLevel] = useState('info');
  const [wanted, setWanted] = useState('');
  const [frozen, setFrozen] = useState<readonly LogLine[]>();
  const all = frozen ?? live.known;
  const lines = useMemo(() => {
    const word = wanted.trim().toLowerCase();
    return (all ?? []).filter((line) => LEVELS.indexOf(line.level) <= LEVELS.indexOf(level) && (!word || `${line.message} ${line.target} ${JSON.stringify(line.fields)}`.toLowerCase().includes(word)));
  }, [all, level, wanted]);
  return (
    <Stack>
      <Group align="flex-end">
        <NativeSelect label={t('activity.level')} value={level} onChange={(event) => setLevel(event.currentTarget.value)} data={LEVELS} w={120} />
        <TextInput label={t('activity.contains')} leftSection={<IconSearch size={16} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} flex="1 1 12rem" maw={360} />
        <Button variant="default" leftSection={frozen ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />} onClick={() => setFrozen(frozen ? undefined : (live.known ?? []))}>
          {frozen ? t('activity.resume') : t('activity.pause')}
        </Button>
      </Group>
      <Card>
        <LoadLive live={live}>{() => <Lines lines={lines} empty={t('activity.noLines')} />}</LoadLive>
      </Card>
    </Stack>
  );
}
