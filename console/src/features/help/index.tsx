import { Accordion, Anchor, Group, Kbd, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { ask } from '~/api/queries';
import { Card, Page } from '~/components/Page';

const TOPICS = ['first', 'obs', 'watch', 'keys', 'guest', 'https', 'latency', 'proxy', 'people', 'trouble'] as const;

/** How things are done, in the reader's language, without the internet. */
export function Component() {
  const { t } = useTranslation();
  const setup = useQuery(ask.setup);
  const links = {
    live: <Anchor component={Link} to="/go-live" />,
    streams: <Anchor component={Link} to="/streams" />,
    https: <Anchor component={Link} to="/settings?tab=https" />,
    keys: <Anchor component={Link} to="/settings?tab=keys" />,
    playback: <Anchor component={Link} to="/settings?tab=playback" />,
    hls: <Anchor component={Link} to="/settings?tab=hls" />,
    guest: <Anchor component={Link} to="/go-live?way=guest" />,
    network: <Anchor component={Link} to="/settings?tab=network" />,
    access: <Anchor component={Link} to="/access" />,
    log: <Anchor component={Link} to="/activity?tab=log" />,
    support: <Anchor component={Link} to="/access?tab=support" />,
    p: <p />,
    ol: <ol />,
    li: <li />,
    code: <code />,
    b: <b />,
  };
  return (
    <Page title={t('places.help')} text={setup.data && t('help.version', { version: setup.data.version })}>
      <Card bare>
        <Accordion multiple variant="default" defaultValue={['first']} chevronPosition="right">
          {TOPICS.map((topic) => (
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
      </Card>
      <Card title={t('help.shortcuts')}>
        <Stack gap="xs">
          <Shortcut keys={['Ctrl', 'K']} text={t('shell.search')} />
          <Shortcut keys={['/']} text={t('shell.search')} />
          <Shortcut keys={['Tab']} text={t('help.tab')} />
        </Stack>
      </Card>
    </Page>
  );
}

function Shortcut({ keys, text }: { keys: string[]; text: string }) {
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <Group gap={4} w={90} wrap="nowrap" flex="none">
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </Group>
      <Text size="sm">{text}</Text>
    </Group>
  );
}
