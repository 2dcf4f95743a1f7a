import { Badge, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { List } from '~/components/List';
import { Ago } from '~/components/Time';
import { deedName, deedSubject } from './deed';

/** Who changed what. */
export function Deeds({ deeds }: { deeds: Schema['DeedView'][] }) {
  const { t } = useTranslation();
  return (
    <List
      label={t('activity.deeds')}
      rows={deeds}
      rowKey={(deed) => deed.number}
      columns={[
        { name: t('activity.what'), lead: true, cell: (deed) => <What deed={deed} /> },
        { name: t('activity.who'), cell: (deed) => deed.who ?? '–' },
        { name: t('activity.from'), cell: (deed) => <span className="mono">{deed.address ?? t('activity.machine')}</span> },
        {
          name: t('activity.result'),
          cell: (deed) => (
            <Badge color={deed.status < 400 ? 'green' : 'red'} variant="light" tt="none">
              {deed.status < 400 ? t('activity.done') : t('activity.refused', { status: deed.status })}
            </Badge>
          ),
        },
        { name: t('activity.when'), cell: (deed) => <Ago at={deed.at} />, end: true },
      ]}
    />
  );
}

function What({ deed }: { deed: Schema['DeedView'] }) {
  const { t } = useTranslation();
  const name = deedName(deed.action);
  return (
    <span title={name && `${deed.action} ${deed.subject}`}>
      <b>{name ? t(`activity.deed.${name}`) : deed.action}</b>{' '}
      <Text span size="sm" c="dimmed">
        {deedSubject(deed)}
      </Text>
    </span>
  );
}
