import { queryOptions } from '@tanstack/react-query';

import type { Document } from '~/features/developer/operations';
import { api, need } from './client';

/** The API's own document, for who wants to try it. */
export const ask = queryOptions({
  queryKey: ['openapi'],
  queryFn: async () => (await need(api.GET('/api/v2/openapi.json'))) as unknown as Document,
  staleTime: Infinity,
});
