import { Tabs } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { useMay } from '~/app/session';
import { Page } from '~/components/Page';
import { useTab } from '~/components/useTab';
import { Logins } from './Logins';
import { Me } from './Me';
import { Support } from './Support';
import { Tokens } from './Tokens';
import { Users } from './Users';

const TABS = [
  { name: 'me', View: Me },
  { name: 'users', View: Users, needs: 'accounts:read' },
  { name: 'logins', View: Logins },
  { name: 'tokens', View: Tokens },
  { name: 'support', View: Support, needs: 'accounts:read' },
] as const;

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const tabs = TABS.filter((tab) => !('needs' in tab) || may(tab.needs));
  const [tab, setTab] = useTab(tabs.map(({ name }) => name));
  return (
    <Page title={t('places.access')}>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {t(`access.tab.${name}`)}
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
