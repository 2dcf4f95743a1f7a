import { Anchor, Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Ago } from '~/components/Time';
import { useAction } from '~/components/form';
import { duration, protocol } from '~/format';

type Past = Schema['PastStreamView'];

/** How long its last publisher was there. */
export const lasted = ({ since, until }: Past) => duration((new Date(until).getTime() - new Date(since).getTime()) / 1000);

interface Props {
  /** The names of those that are not over: with them changes who is. */
  live: string;
  /** Only those whose names have this. */
  wanted: string;
}

/** Streams that are over: when each was last seen. Nothing where there are none. */
export function PastStreams({ live, wanted }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const past = useQuery(ask.past);
  useEffect(() => void cache.invalidateQueries({ queryKey: ask.past.queryKey }), [cache, live]);
  const forget = useAction((id: string) => need(api.DELETE('/api/v2/past-streams/{id}', { params: { path: { id } } })), {
    onDone: () => void cache.invalidateQueries({ queryKey: ask.past.queryKey }),
  });
  const rows = (past.data ?? []).filter(({ id }) => id.toLowerCase().includes(wanted.trim().toLowerCase()));
  if (rows.length === 0) return null;
  return (
    <Card bare title={t('streams.past')}>
      <List
        label={t('streams.past')}
        rows={rows}
        rowKey={({ id }) => id}
        columns={[
          {
            name: t('streams.name'),
            lead: true,
            cell: ({ id }) => (
              <Anchor component={Link} to={`/streams/${id}`} fw={600}>
                {id}
              </Anchor>
            ),
          },
          { name: t('streams.seen'), cell: ({ until }) => <Ago at={until} /> },
          { name: t('streams.from'), cell: (row) => protocol(row.protocol) },
          { name: t('streams.lasted'), cell: lasted, end: true },
          ...(may('streams:write')
            ? [
                {
                  name: t('common.actions'),
                  bare: true,
                  cell: ({ id }: Past) => (
                    <Button size="xs" variant="default" disabled={forget.busy} onClick={() => void forget.run(id)} aria-label={t('streams.forgetOne', { stream: id })}>
                      {t('streams.forget')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
    </Card>
  );
}
