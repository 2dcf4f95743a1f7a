import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { Empty } from '~/components/States';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Empty
      icon={<IconMapOff size={36} stroke={1.4} />}
      title={t('common.notFound')}
      action={
        <Button component={Link} to="/">
          {t('places.overview')}
        </Button>
      }
    />
  );
}
