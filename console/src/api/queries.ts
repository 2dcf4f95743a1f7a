// What pages ask the server for. Each resource once; what pages change they name here to be asked for anew.

import { keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';

import { api, need, whole } from './client';
import { Problem } from './problem';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      // A server that is being started again is back soon; who may not, may not.
      retry: (count, error) => count < 2 && Problem.from(error).status >= 500,
      // Pages ask also where the browser thinks that there is no network: the server may be on this machine.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

export const ask = {
  setup: queryOptions({ queryKey: ['setup'], queryFn: () => need(api.GET('/api/v2/setup')) }),
  system: queryOptions({ queryKey: ['system'], queryFn: () => need(api.GET('/api/v2/system')) }),
  ffmpeg: queryOptions({ queryKey: ['ffmpeg'], queryFn: () => need(api.GET('/api/v2/ffmpeg')) }),
  keys: queryOptions({ queryKey: ['keys'], queryFn: () => need(api.GET('/api/v2/keys')) }),
  passes: queryOptions({ queryKey: ['passes'], queryFn: () => need(api.GET('/api/v2/passes')) }),
  settings: queryOptions({
    queryKey: ['settings'],
    queryFn: async () => {
      const { data, error, response } = await api.GET('/api/v2/settings');
      if (!data) throw Problem.of(error, response.status);
      return { settings: data, tag: response.headers.get('etag') };
    },
  }),
  certificates: queryOptions({ queryKey: ['certificates'], queryFn: () => need(api.GET('/api/v2/certificates')) }),
  invites: queryOptions({ queryKey: ['invites'], queryFn: async () => (await need(api.GET('/api/v2/invites'))).items }),
  aliases: queryOptions({ queryKey: ['aliases'], queryFn: async () => (await need(api.GET('/api/v2/aliases'))).items }),
  addressRules: queryOptions({ queryKey: ['address-rules'], queryFn: async () => (await need(api.GET('/api/v2/address-rules'))).items }),
  users: queryOptions({ queryKey: ['users'], queryFn: async () => (await need(api.GET('/api/v2/users'))).items }),
  logins: (everybody: boolean) =>
    queryOptions({
      queryKey: ['logins', everybody],
      queryFn: async () => (await need(api.GET('/api/v2/logins', { params: { query: { everybody } } }))).items,
    }),
  tokens: (everybody: boolean) =>
    queryOptions({
      queryKey: ['tokens', everybody],
      queryFn: async () => (await need(api.GET('/api/v2/tokens', { params: { query: { everybody } } }))).items,
    }),
  support: queryOptions({ queryKey: ['support'], queryFn: async () => (await need(api.GET('/api/v2/support'))).items }),
  webhooks: queryOptions({
    queryKey: ['webhooks'],
    queryFn: () => whole((after) => need(api.GET('/api/v2/webhooks', { params: { query: { after } } }))),
  }),
  past: queryOptions({ queryKey: ['past'], queryFn: async () => (await need(api.GET('/api/v2/past-streams', { params: { query: { limit: 200 } } }))).items }),
  sessions: (stream: string) =>
    queryOptions({
      queryKey: ['sessions', stream],
      queryFn: () => whole((after) => need(api.GET('/api/v2/sessions', { params: { query: { stream, after } } })), 1000),
      placeholderData: keepPreviousData,
    }),
  range: (seconds: number, series: string | undefined, stream?: string) =>
    queryOptions({
      queryKey: ['range', seconds, series, stream],
      queryFn: () => need(api.GET('/api/v2/metrics/range', { params: { query: { from: -seconds, series, stream } } })),
      placeholderData: keepPreviousData,
    }),
  publicStream: (id: string) =>
    queryOptions({
      queryKey: ['public', id],
      queryFn: () => need(api.GET('/api/v2/public/streams/{id}', { params: { path: { id } } })),
    }),
};
