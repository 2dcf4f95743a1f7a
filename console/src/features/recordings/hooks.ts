import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

import { api, need } from '~/api/client';
import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { mark } from './describe';

const PART = 50;

export const ask = {
  list: (stream: string) =>
    infiniteQueryOptions({
      queryKey: ['recordings', 'list', stream],
      queryFn: ({ pageParam }) => need(api.GET('/api/v2/recordings', { params: { query: { limit: PART, after: pageParam, stream: stream || undefined } } })),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next ?? undefined,
    }),
  one: (id: string) => queryOptions({ queryKey: ['recordings', 'one', id], queryFn: () => need(api.GET('/api/v2/recordings/{id}', { params: { path: { id } } })) }),
  /** Once made they stay as they are. */
  previews: (id: string, number: number) =>
    queryOptions({
      queryKey: ['recording-previews', id, number],
      queryFn: () => need(api.GET('/api/v2/recordings/{id}/files/{number}/previews', { params: { path: { id, number } } })),
      staleTime: Infinity,
      retry: false,
    }),
  kinds: queryOptions({ queryKey: ['job-kinds'], queryFn: async () => (await need(api.GET('/api/v2/jobs/kinds'))).items }),
  retention: queryOptions({ queryKey: ['retention'], queryFn: () => need(api.GET('/api/v2/recordings/retention')) }),
  storage: queryOptions({ queryKey: ['storage'], queryFn: () => need(api.GET('/api/v2/storage')) }),
  log: (id: string) => queryOptions({ queryKey: ['job-log', id], queryFn: async () => (await need(api.GET('/api/v2/jobs/{id}/log', { params: { path: { id } } }))).items, staleTime: 0 }),
};

/** What is being made, as the server tells it; when something begins or is done, what was asked for is asked for anew. */
export function useRecordings() {
  const may = useMay();
  const cache = useQueryClient();
  const live = useLive('recordings', may('recordings:read'));
  const now = mark(live.known);
  const before = useRef(now);
  useEffect(() => {
    if (now === before.current) return;
    before.current = now;
    void cache.invalidateQueries({ queryKey: ['recordings'] });
  }, [cache, now]);
  return live;
}
