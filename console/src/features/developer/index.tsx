import { Tabs } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { useMay } from '~/app/session';
import { Page } from '~/components/Page';
import { TabList } from '~/components/TabList';
import { useTab } from '~/components/useTab';
import { Reference } from './Reference';
import { Try } from './Try';
import { Webhooks } from './Webhooks';

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const tabs = ['api', 'try', ...(may('webhooks:read') ? ['webhooks'] : [])] as ('api' | 'try' | 'webhooks')[];
  const [tab, setTab] = useTab(tabs);
  return (
    <Page title={t('places.developer')}>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <TabList>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`developer.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </TabList>
        <Tabs.Panel value="api">
          <Reference />
        </Tabs.Panel>
        <Tabs.Panel value="try">
          <Try />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks">
          <Webhooks />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
