import { Anchor, Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, need } from '~/api/client';
import { useMay } from '~/app/session';
import { Card } from '~/components/Page';
import { useAction } from '~/components/form';
import { bytes, percent } from '~/format';
import { streamOf, type Recording } from './describe';
import { useRecordings } from './hooks';

/** What is on its way into object storage; nothing, where nothing is. */
export function Uploads() {
  const { t } = useTranslation();
  const { known } = useRecordings();
  if (!known || known.waiting === 0) return null;
  const more = known.waiting - known.uploads.length;
  return (
    <Card title={t('recordings.upload.queue')} text={t('recordings.upload.queueText')}>
      <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: 'none' }}>
        {known.uploads.map((one) => (
          <li key={one.id}>
            <Group justify="space-between" gap="sm">
              <div>
                <Anchor component={Link} to={`/recordings/${one.id}`} fw={600}>
                  {one.label}
                </Anchor>
                <Text size="sm" c="dimmed">
                  {streamOf(one)} · {bytes(one.bytes)}
                </Text>
              </div>
              <Switches recording={one} />
            </Group>
            <Way recording={one} />
          </li>
        ))}
      </Stack>
      {more > 0 && (
        <Text size="sm" c="dimmed">
          {t('recordings.upload.more', { count: more })}
        </Text>
      )}
    </Card>
  );
}

/** How far it has come, in words and as a bar. */
export function Way({ recording: { upload } }: { recording: Recording }) {
  const { t } = useTranslation();
  if (!upload) return null;
  if (upload.state === 'sending') {
    const done = Math.round((upload.done ?? 0) * 100);
    return (
      <Group gap="sm" wrap="nowrap">
        <Progress value={done} flex={1} aria-label={t('recordings.upload.sending')} />
        <Text size="sm" className="numbers">
          {percent(done)}
        </Text>
      </Group>
    );
  }
  if (upload.state === 'there') {
    return (
      <Text size="sm">
        {t(upload.away ? 'recordings.upload.away' : 'recordings.upload.there', { bucket: upload.bucket })}
        <br />
        {upload.objects?.map((name) => (
          <code key={name} style={{ display: 'block', overflowWrap: 'anywhere' }}>
            {name}
          </code>
        ))}
      </Text>
    );
  }
  return (
    <Text size="sm" c={upload.trouble ? 'var(--app-doubt)' : 'dimmed'}>
      {upload.trouble ? t('recordings.upload.again', { why: upload.trouble }) : t('recordings.upload.waiting')}
    </Text>
  );
}

/** To have it go there, at once, or not at all. */
export function Switches({ recording: { id, state, upload } }: { recording: Recording }) {
  const { t } = useTranslation();
  const may = useMay();
  const set = useAction((wanted: boolean) => need(api.PUT('/api/v2/recordings/{id}/upload', { params: { path: { id } }, body: { wanted } })));
  if (!may('recordings:write') || state !== 'finished' || upload?.state === 'there') return null;
  return (
    <Group gap="xs">
      {upload?.state !== 'sending' && (
        <Button size="xs" variant="default" loading={set.busy} onClick={() => void set.run(true)}>
          {t(upload ? 'recordings.upload.now' : 'recordings.upload.start')}
        </Button>
      )}
      {upload && (
        <Button size="xs" variant="default" loading={set.busy} onClick={() => void set.run(false)}>
          {t('recordings.upload.stop')}
        </Button>
      )}
    </Group>
  );
}
