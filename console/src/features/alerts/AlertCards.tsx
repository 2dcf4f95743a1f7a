import { Anchor, Group, Stack, Text } from '@mantine/core';
import { IconAlertCircle, IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { Ago } from '~/components/Time';
import type { Alert } from './alerts';

interface Props {
  alerts: readonly Alert[];
  /** At most so many; the rest is counted. */
  most?: number;
  /** Somebody goes where one of them is mended. */
  onGo?: () => void;
}

/** What to look after, a card each: what it is, what to do, and where. */
export function AlertCards({ alerts, most = 6, onGo }: Props) {
  const { t } = useTranslation();
  if (alerts.length === 0) return null;
  return (
    <Stack gap="xs" component="ul" className="alerts" aria-label={t('alerts.title')}>
      {alerts.slice(0, most).map((alert) => (
        <li key={alert.id} className="alert" data-grave={alert.grave || undefined}>
          {alert.grave ? <IconAlertCircle size={20} aria-hidden /> : <IconAlertTriangle size={20} aria-hidden />}
          <One alert={alert} onGo={onGo} />
        </li>
      ))}
      {alerts.length > most && (
        <li>
          <Text size="sm" c="dimmed">
            {t('alerts.more', { count: alerts.length - most })}
          </Text>
        </li>
      )}
    </Stack>
  );
}

function One({ alert, onGo }: { alert: Alert; onGo?: () => void }) {
  const { t } = useTranslation();
  const { kind, trouble } = alert;
  const what = trouble ? t(`streams.trouble.${trouble}`) : kind !== 'other' && kind !== 'stream' ? t(`alerts.do.${kind}`) : undefined;
  return (
    <div>
      <Text fw={600} size="sm">
        {t(`alerts.name.${kind}`, { stream: alert.stream })}
      </Text>
      {what && <Text size="sm">{what}</Text>}
      {alert.at && (
        <Text size="sm">
          <Ago at={alert.at} />
        </Text>
      )}
      {alert.detail && (
        <Text size="xs" c="dimmed" lang="en">
          {alert.detail}
        </Text>
      )}
      {alert.to && (
        <Group mt={4}>
          <Anchor component={Link} to={alert.to} size="sm" onClick={onGo}>
            {t(`alerts.go.${goes(alert)}`)}
          </Anchor>
        </Group>
      )}
    </div>
  );
}

const goes = ({ to, stream }: Alert) => (stream ? 'stream' : to?.startsWith('/settings') ? 'https' : 'metrics');
