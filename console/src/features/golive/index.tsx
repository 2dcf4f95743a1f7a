import { SegmentedControl } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { Page } from '~/components/Page';
import { Browser } from './Browser';
import { Encoder } from './Encoder';
import { Guest } from './Guest';

const WAYS = ['encoder', 'browser', 'guest'] as const;
type Way = (typeof WAYS)[number];

export function Component() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const way = WAYS.find((known) => known === search.get('way')) ?? 'encoder';
  return (
    <Page title={t('places.golive')} text={t('golive.about')}>
      <SegmentedControl
        aria-label={t('golive.ways')}
        value={way}
        onChange={(value) => setSearch({ way: value as Way }, { replace: true })}
        data={WAYS.map((value) => ({ value, label: t(`golive.way.${value}`) }))}
        w={{ base: '100%', sm: 'max-content' }}
      />
      {way === 'encoder' && <Encoder />}
      {way === 'browser' && <Browser />}
      {way === 'guest' && <Guest />}
    </Page>
  );
}
