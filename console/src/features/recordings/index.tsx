import './recordings.css';

import { Tabs } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { useMay } from '~/app/session';
import { Page } from '~/components/Page';
import { useTab } from '~/components/useTab';
import { Library } from './Library';
import { Policies } from './Policies';
import { Retention } from './Retention';

const TABS = [
  { name: 'library', needs: 'recordings:read', View: Library },
  { name: 'policies', needs: 'jobs:read', View: Policies },
  { name: 'retention', needs: 'recordings:read', View: Retention },
] as const;

/** What was recorded, what is to be, and for how long it is kept. */
export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const tabs = TABS.filter((tab) => may(tab.needs));
  const [tab, setTab] = useTab(tabs.map(({ name }) => name));
  return (
    <Page title={t('places.recordings')} text={t('recordings.about')}>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {t(`recordings.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ name, View }) => (
          <Tabs.Panel key={name} value={name}>
            <div className="parts">
              <View />
            </div>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
