// What the help is about, and which of it belongs to a page. Pure.

export const TOPICS = ['first', 'obs', 'watch', 'recording', 'keys', 'guest', 'https', 'latency', 'proxy', 'people', 'scripts', 'trouble'] as const;
export type Topic = (typeof TOPICS)[number];

/** By the first part of the path. */
const PAGES: Record<string, readonly Topic[]> = {
  '': ['first', 'trouble'],
  streams: ['watch', 'keys', 'latency', 'trouble'],
  recordings: ['recording', 'scripts', 'trouble'],
  'go-live': ['first', 'obs', 'guest', 'trouble'],
  metrics: ['latency', 'trouble'],
  activity: ['trouble'],
  settings: ['proxy', 'trouble'],
  access: ['people', 'scripts'],
  developer: ['scripts'],
};

/** Where the tab says more than the page. */
const TABS: Record<string, readonly Topic[]> = {
  'streams ingest': ['obs', 'keys', 'trouble'],
  'streams viewers': ['latency', 'keys'],
  'go-live browser': ['https', 'guest'],
  'go-live guest': ['guest', 'https'],
  'settings https': ['https', 'proxy'],
  'settings keys': ['keys', 'guest'],
  'settings playback': ['keys', 'watch'],
  'settings hls': ['latency'],
  'settings network': ['trouble', 'proxy'],
};

/** What helps with the page at `path`, whose query is `search`. */
export function topicsFor(path: string, search: string): readonly Topic[] {
  const page = path.split('/')[1] ?? '';
  const query = new URLSearchParams(search);
  return TABS[`${page} ${query.get('tab') ?? query.get('way') ?? ''}`] ?? PAGES[page] ?? TOPICS;
}
