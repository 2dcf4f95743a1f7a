import { useQuery } from '@tanstack/react-query';

import { api, need } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Loading } from '~/components/States';
import { Preview } from './Preview';

/** The preview, by a pass where the stream asks for one. */
export function Guarded({ stream }: { stream: string }) {
  const may = useMay();
  const known = useQuery(ask.publicStream(stream));
  const guarded = known.data?.guarded ?? false;
  const pass = useQuery({
    queryKey: ['pass', stream],
    queryFn: () => need(api.POST('/api/v2/passes', { body: { streams: stream, action: 'play', expires_in: 6 * 3600 } })),
    enabled: guarded && may('keys:write'),
    staleTime: 3 * 3600_000,
  });
  if (known.isPending || (guarded && may('keys:write') && pass.isPending)) return <Loading lines={3} />;
  return <Preview stream={stream} token={pass.data?.token} />;
}
