import { Tabs } from '@mantine/core';
import type { ComponentType, ReactNode } from 'react';

import { useMay } from '~/app/session';
import { Page } from './Page';
import { TabList } from './TabList';
import { useTab } from './useTab';

interface Tab<T extends string> {
  name: T;
  /** The permission that it takes. */
  needs?: string;
  View: ComponentType;
}

interface Props<T extends string> {
  title: string;
  text?: ReactNode;
  tabs: readonly Tab<T>[];
  labelOf: (tab: T) => string;
}

/** A page of several parts, of which one is seen at a time, and those only that somebody may see. */
export function TabbedPage<T extends string>({ title, text, tabs, labelOf }: Props<T>) {
  const may = useMay();
  const known = tabs.filter(({ needs }) => !needs || may(needs));
  const [tab, setTab] = useTab(known.map(({ name }) => name));
  return (
    <Page title={title} text={text}>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <TabList>
          {known.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {labelOf(name)}
            </Tabs.Tab>
          ))}
        </TabList>
        {known.map(({ name, View }) => (
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
