import { Button, Group, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconEyeOff } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ear } from '~/api/live';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Empty, Load } from '~/components/States';
import { Since } from '~/components/Time';
import { useAction } from '~/components/form';
import { bits, bytes, number, protocol } from '~/format';
import { browserOf } from '~/features/access/browser';
import { jitter, loss, measured, rtt } from './network';

type Session = Schema['PlayerView'];

/** Rows that are drawn; who has more looks by the API. */
const MOST = 200;

export function Viewers({ id, stream }: { id: string; stream: Schema['StreamView'] | undefined }) {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const sessions = useQuery(ask.sessions(id));
  const counts = JSON.stringify(stream?.viewers ?? {});
  // Who comes and goes shows in the numbers that the server tells; then, and now and then for the bytes, the list is asked for.
  useEffect(() => {
    void cache.invalidateQueries({ queryKey: ['sessions', id] });
    let last = Date.now();
    return ear.onEvent((topic) => {
      if (topic !== 'streams' || Date.now() - last < 5_000) return;
      last = Date.now();
      void cache.invalidateQueries({ queryKey: ['sessions', id] });
    });
  }, [cache, id, counts]);
  const kick = useAction((session: number) => need(api.DELETE('/api/v2/sessions/{id}', { params: { path: { id: session } } })), {
    done: t('stream.viewerKicked'),
    onDone: () => void cache.invalidateQueries({ queryKey: ['sessions', id] }),
  });
  return (
    <Card bare>
      <Load query={sessions}>
        {(all) => {
          const viewers = all.filter((session) => session.action === 'play');
          if (viewers.length === 0) return <Empty icon={<IconEyeOff size={32} stroke={1.4} />} title={t('stream.noViewers')} text={t('stream.noViewersText')} />;
          return (
            <>
              <List
                label={t('stream.tab.viewers')}
                rows={viewers.slice(0, MOST)}
                rowKey={(row) => row.id}
                columns={[
                  { name: t('stream.address'), lead: true, cell: (row) => <span className="mono">{row.address}</span> },
                  { name: t('stream.protocol'), cell: (row) => protocol(row.protocol) },
                  { name: t('stream.agent'), cell: (row) => <Text size="sm" lineClamp={1} title={row.agent} maw={320}>{browserOf(row.agent) ?? (row.agent || '–')}</Text> },
                  { name: t('stream.since'), cell: (row) => <Since at={row.since} />, end: true },
                  { name: t('stream.mean'), cell: (row) => (row.duration > 0 ? bits((row.bytes * 8) / row.duration) : '–'), end: true },
                  { name: t('stream.sent'), cell: (row) => bytes(row.bytes), end: true },
                  { name: t('stream.skipped'), cell: (row) => number(row.skipped), end: true },
                  ...(viewers.some(measured)
                    ? [
                        { name: t('stream.rtt'), cell: (row: Session) => rtt(row), end: true },
                        { name: t('stream.loss'), cell: (row: Session) => loss(row), end: true },
                        { name: t('stream.jitter'), cell: (row: Session) => jitter(row), end: true },
                      ]
                    : []),
                  ...(may('streams:write')
                    ? [
                        {
                          name: t('common.actions'),
                          bare: true,
                          cell: (row: Session) => (
                            <Button size="xs" variant="light" color="red" disabled={kick.busy} onClick={() => void kick.run(row.id)} aria-label={t('stream.kickViewer', { address: row.address })}>
                              {t('stream.kickShort')}
                            </Button>
                          ),
                        },
                      ]
                    : []),
                ]}
              />
              {viewers.length > MOST && (
                <Group p="md">
                  <Text size="sm" c="dimmed">
                    {t('stream.moreViewers', { count: viewers.length - MOST })}
                  </Text>
                </Group>
              )}
            </>
          );
        }}
      </Load>
    </Card>
  );
}
