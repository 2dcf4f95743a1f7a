import { Button, Group, Stack, Tabs, Text } from '@mantine/core';
import { IconBook, IconFileCode } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { at } from '~/api/mount';
import { CopyCode } from '~/components/Copy';
import { Card } from '~/components/Page';
import { TabList } from '~/components/TabList';

/** Programs that ask for the streams, in the languages that people write such programs in. */
function samples(url: string): Record<string, string> {
  return {
    curl: `curl -H 'Authorization: Bearer TOKEN' ${url}`,
    JavaScript: `const answer = await fetch('${url}', {\n  headers: { authorization: \`Bearer \${process.env.SLUICE_TOKEN}\` },\n});\nconst { items } = await answer.json();\nfor (const stream of items) console.log(stream.id, stream.state);`,
    Python: `import os, requests\n\nanswer = requests.get(\n    "${url}",\n    headers={"Authorization": f"Bearer {os.environ['SLUICE_TOKEN']}"},\n    timeout=10,\n)\nanswer.raise_for_status()\nfor stream in answer.json()["items"]:\n    print(stream["id"], stream["state"])`,
    Rust: `let text = ureq::get("${url}")\n    .header("authorization", format!("Bearer {token}"))\n    .call()?\n    .body_mut()\n    .read_to_string()?;\nprintln!("{text}");`,
  };
}

export function Reference() {
  const { t } = useTranslation();
  const all = samples(at('api/v2/streams'));
  return (
    <Stack>
      <Card title={t('developer.reference')} text={t('developer.referenceText')}>
        <Group>
          <Button component="a" href={at('api/v2/reference')} target="_blank" rel="noreferrer" leftSection={<IconBook size={16} />}>
            {t('developer.open')}
          </Button>
          <Button component="a" href={at('api/v2/openapi.json')} variant="default" download="sluice-openapi.json" leftSection={<IconFileCode size={16} />}>
            {t('developer.document')}
          </Button>
          <Button component={Link} to="/access?tab=tokens" variant="default">
            {t('access.tokenMake')}
          </Button>
        </Group>
      </Card>
      <Card title={t('developer.samples')} text={t('developer.samplesText')}>
        <Tabs defaultValue="curl">
          <TabList mb="sm">
            {Object.keys(all).map((name) => (
              <Tabs.Tab key={name} value={name}>
                {name}
              </Tabs.Tab>
            ))}
          </TabList>
          {Object.entries(all).map(([name, code]) => (
            <Tabs.Panel key={name} value={name}>
              <CopyCode name={name} code={code} />
            </Tabs.Panel>
          ))}
        </Tabs>
      </Card>
      <Card title={t('developer.events')} text={t('developer.eventsText')}>
        <CopyCode name={t('developer.events')} code={`curl -N -H 'Authorization: Bearer TOKEN' '${at('api/v2/events?topics=streams,system')}'`} />
        <Text size="xs" c="dimmed" mt="sm">
          {t('developer.oryx')}
        </Text>
      </Card>
    </Stack>
  );
}
