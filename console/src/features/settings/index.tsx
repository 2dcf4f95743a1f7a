import { Tabs } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { useMay } from '~/app/session';
import { Page } from '~/components/Page';
import { useTab } from '~/components/useTab';
import { Addresses } from './Addresses';
import { Ai } from './Ai';
import { Aliases } from './Aliases';
import { General } from './General';
import { Hls } from './Hls';
import { Https } from './Https';
import { Keys } from './Keys';
import { Limits } from './Limits';
import { Network } from './Network';
import { Playback } from './Playback';

const TABS = [
  { name: 'general', needs: 'settings:read', View: General },
  { name: 'network', needs: 'system:read', View: Network },
  { name: 'https', needs: 'settings:read', View: Https },
  { name: 'keys', needs: 'keys:read', View: AllKeys },
  { name: 'playback', needs: 'keys:read', View: Playback },
  { name: 'hls', needs: 'settings:read', View: Hls },
  { name: 'limits', needs: 'settings:read', View: LimitsAndRules },
  { name: 'ai', needs: 'settings:read', View: Ai },
] as const;

function AllKeys() {
  return (
    <>
      <Keys />
      <Aliases />
    </>
  );
}

function LimitsAndRules() {
  return (
    <>
      <Limits />
      <Addresses />
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const tabs = TABS.filter((tab) => may(tab.needs));
  const [tab, setTab] = useTab(tabs.map(({ name }) => name));
  return (
    <Page title={t('places.settings')}>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {t(`settings.tab.${name}`)}
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
