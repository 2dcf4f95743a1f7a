import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, need } from '~/api/client';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { Deeds } from '~/features/activity/Deeds';

/** The last things that people changed. */
export function Recent() {
  const { t } = useTranslation();
  const deeds = useQuery({ queryKey: ['deeds', 'recent'], queryFn: () => need(api.GET('/api/v2/audit', { params: { query: { limit: 6 } } })) });
  return (
    <Card bare title={t('overview.recent')} actions={<Anchor component={Link} to="/activity" size="sm">{t('overview.all')}</Anchor>}>
      <Load query={deeds}>{(page) => <Deeds deeds={page.items} />}</Load>
    </Card>
  );
}
