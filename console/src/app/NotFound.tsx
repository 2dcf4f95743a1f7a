import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { Card, Page } from '~/components/Page';
import { Empty } from '~/components/States';

/** Also pages that are not there have a title, for who hears them. */
export function NotFound() {
  const { t } = useTranslation();
  const home = (
    <Button component={Link} to="/">
      {t('places.overview')}
    </Button>
  );
  return (
    <Page title={t('common.notFound')}>
      <Card>
        <Empty icon={<IconMapOff size={36} stroke={1.4} />} title={location.pathname} action={home} />
      </Card>
    </Page>
  );
}
