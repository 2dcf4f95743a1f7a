import { Accordion, Anchor, Text } from '@mantine/core';
import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import type { Topic } from './topics';

interface Props {
  topics: readonly Topic[];
  /** Somebody follows a link. */
  onGo?: () => void;
}

/** How things are done, the first of it opened. */
export function Answers({ topics, onGo }: Props) {
  const { t } = useTranslation();
  const to = (path: string) => <Anchor component={Link} to={path} onClick={onGo} />;
  const links = {
    live: to('/go-live'),
    streams: to('/streams'),
    https: to('/settings?tab=https'),
    keys: to('/settings?tab=keys'),
    playback: to('/settings?tab=playback'),
    hls: to('/settings?tab=hls'),
    guest: to('/go-live?way=guest'),
    network: to('/settings?tab=network'),
    access: to('/access'),
    tokens: to('/access?tab=tokens'),
    try: to('/developer?tab=try'),
    webhooks: to('/developer?tab=webhooks'),
    recordings: to('/recordings'),
    rules: to('/recordings?tab=policies'),
    retention: to('/recordings?tab=retention'),
    storage: to('/recordings?tab=storage'),
    log: to('/activity?tab=log'),
    support: to('/access?tab=support'),
    p: <p />,
    ol: <ol />,
    li: <li />,
    ul: <ul />,
    code: <code />,
    b: <b />,
  };
  return (
    <Accordion multiple variant="default" defaultValue={topics.slice(0, 1)} chevronPosition="right">
      {topics.map((topic) => (
        <Accordion.Item key={topic} value={topic}>
          <Accordion.Control>
            <Text fw={600}>{t(`help.${topic}.title`)}</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <div className="prose">
              <Trans i18nKey={`help.${topic}.text`} components={links} />
            </div>
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}
