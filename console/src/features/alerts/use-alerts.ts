import { useQuery } from '@tanstack/react-query';

import { useLive } from '~/api/live';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { useNow } from '~/components/Time';
import { ofServer, type Alert } from './alerts';

/** What there is to look after of the server itself, as far as one may know. */
export function useServerAlerts(): Alert[] {
  const may = useMay();
  const warnings = useLive('system', may('system:read')).known?.warnings ?? [];
  const certificates = useQuery({ ...ask.certificates, enabled: may('settings:read') });
  return ofServer(warnings, certificates.data, useNow());
}
