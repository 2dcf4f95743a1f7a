import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Live } from '~/api/live';
import type { Topic } from '~/api/topics';
import { Problem } from '~/api/problem';
import { Ago } from './Time';
import { useProblemText } from './problem-text';

export function Loading({ lines = 4 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" p="md" aria-busy="true" aria-label={t('common.loading')} role="status">
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} h={18} w={`${90 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  text?: ReactNode;
  action?: ReactNode;
}

/** Nothing is there, and what to do about it. */
export function Empty({ icon, title, text, action }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center">
      <Text c="dimmed" component="span" lh={0} aria-hidden>
        {icon}
      </Text>
      <Text fw={600}>{title}</Text>
      {text && (
        <Text size="sm" c="dimmed" maw={440}>
          {text}
        </Text>
      )}
      {action && <Group mt="xs">{action}</Group>}
    </Stack>
  );
}

/** What went wrong, with its code, and another try. */
export function Failed({ problem, retry }: { problem: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const text = useProblemText();
  const details = Problem.from(problem);
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={t('common.failed')} m="md">
      <Text size="sm">{text(details)}</Text>
      <Group mt="sm" gap="md">
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('common.retry')}
          </Button>
        )}
        <Text size="xs" className="mono">
          {details.code}
        </Text>
      </Group>
    </Alert>
  );
}

/** Says that what is shown is not of now, and of when it is; on phones, where `brief`, only the first. */
export function Stale({ at, brief = false }: { at: number; brief?: boolean }) {
  const { t } = useTranslation();
  return (
    <Group gap={6} c="var(--app-doubt)" wrap="nowrap">
      <IconPlugConnectedX size={16} aria-hidden style={{ flex: 'none' }} />
      <Text size="xs" fw={500} component="span">
        {/* Read out once, and not with each second that passes. */}
        <span role="status">{t('common.away')}</span>
        {at > 0 && (
          <Text span inherit visibleFrom={brief ? 'md' : undefined}>
            {' · '}
            {t('common.stale')} <Ago at={at} />
          </Text>
        )}
      </Text>
    </Group>
  );
}

interface LoadProps<T> {
  query: UseQueryResult<T>;
  lines?: number;
  children: (data: T) => ReactNode;
}

/** What a question to the server brought: loading, an error, or the answer, which stays when asking again fails. */
export function Load<T>({ query, lines, children }: LoadProps<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && (
          <Group p="xs" px="md">
            <Stale at={query.dataUpdatedAt} />
          </Group>
        )}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failed problem={query.error} retry={() => void query.refetch()} />;
  return <Loading lines={lines} />;
}

/** What the server tells by itself: loading, what is known, and a mark when it is not of now. */
export function LoadLive<T extends Topic>({ live, children, lines }: { live: Live<T>; lines?: number; children: (known: NonNullable<Live<T>['known']>) => ReactNode }) {
  return (
    <>
      {live.connected === false && (
        <Group p="xs" px="md">
          <Stale at={live.at} />
        </Group>
      )}
      {live.known === undefined ? <Loading lines={lines} /> : children(live.known as NonNullable<Live<T>['known']>)}
    </>
  );
}
