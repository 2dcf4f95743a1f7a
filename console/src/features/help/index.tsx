import { Group, Kbd, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { ask } from '~/api/queries';
import { Card, Page } from '~/components/Page';
import { Answers } from './Answers';
import { TOPICS } from './topics';

/** How things are done, in the reader's language, without the internet. */
export function Component() {
  const { t } = useTranslation();
  const setup = useQuery(ask.setup);
  return (
    <Page title={t('places.help')} text={setup.data && t('help.version', { version: setup.data.version })}>
      <Card bare>
        <Answers topics={TOPICS} />
      </Card>
      <Card title={t('help.shortcuts')}>
        <Stack gap="xs">
          <Shortcut keys={['Ctrl', 'K']} text={t('shell.search')} />
          <Shortcut keys={['/']} text={t('shell.search')} />
          <Shortcut keys={['?']} text={t('help.here')} />
          <Shortcut keys={['Tab']} text={t('help.tab')} />
          <Shortcut keys={['I', 'O']} text={t('help.ends')} />
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
