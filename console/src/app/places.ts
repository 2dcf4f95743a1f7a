import {
  IconActivity, IconBroadcast, IconChartLine, IconCode, IconHelpCircle, IconLayoutDashboard, IconMovie, IconSettings, IconUsers, IconVideo,
  type Icon,
} from '@tabler/icons-react';

export interface Place {
  name: 'overview' | 'streams' | 'recordings' | 'golive' | 'metrics' | 'activity' | 'settings' | 'access' | 'developer' | 'help';
  path: string;
  icon: Icon;
  /** What somebody must be allowed to see anything there. */
  needs?: string;
}

/** The pages, in groups, as the rail shows them. */
export const PLACES: readonly { group: 'live' | 'system'; places: readonly Place[] }[] = [
  {
    group: 'live',
    places: [
      { name: 'overview', path: '/', icon: IconLayoutDashboard },
      { name: 'streams', path: '/streams', icon: IconBroadcast },
      { name: 'recordings', path: '/recordings', icon: IconMovie, needs: 'recordings:read' },
      { name: 'golive', path: '/go-live', icon: IconVideo, needs: 'keys:read' },
    ],
  },
  {
    group: 'system',
    places: [
      { name: 'metrics', path: '/metrics', icon: IconChartLine },
      { name: 'activity', path: '/activity', icon: IconActivity, needs: 'logs:read' },
      { name: 'settings', path: '/settings', icon: IconSettings, needs: 'settings:read' },
      { name: 'access', path: '/access', icon: IconUsers },
      { name: 'developer', path: '/developer', icon: IconCode },
      { name: 'help', path: '/help', icon: IconHelpCircle },
    ],
  },
];

/** Where pages of Oryx's console are now, by the word after `routers-` and, where that decides, the tab. */
export function former(path: string, search: string): string | undefined {
  const page = /(?:^|\/)routers-([a-z-]+)/.exec(path)?.[1];
  if (!page) return undefined;
  const tab = new URLSearchParams(search).get('tab') ?? '';
  const settings: Record<string, string> = {
    auth: '/settings?tab=keys',
    https: '/settings?tab=https',
    hls: '/settings?tab=hls',
    beian: '/settings',
    limits: '/settings?tab=limits',
    llm: '/settings?tab=ai',
    streams: '/streams',
    callback: '/developer?tab=webhooks',
    api: '/developer',
    platform: '/settings',
  };
  const scenarios: Record<string, string> = { tutorials: '/help', live: '/go-live', stream: '/streams', record: '/recordings' };
  switch (page) {
    case 'scenario':
      return scenarios[tab] ?? '/';
    case 'settings':
      return settings[tab] ?? '/settings';
    case 'components':
      return '/metrics';
    case 'contact':
      return '/help';
    default:
      return '/';
  }
}
