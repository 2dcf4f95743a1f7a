import { Button, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconAlertTriangle, IconMovie, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';

import { useLive } from '~/api/live';
import { useMay } from '~/app/session';
import { Card } from '~/components/Page';
import { Empty, Failed, Loading, Stale } from '~/components/States';
import { Ago } from '~/components/Time';
import { bytes, duration } from '~/format';
import { Condition } from './Condition';
import { RecordEverything } from './RecordEverything';
import { content, matches, merged, streamOf, told, type Recording } from './describe';
import { ask, useRecordings } from './hooks';
import { Picture } from './Picture';
import { KIND } from './policy';
import { Space } from './Space';

/** All recordings, the newest first. */
export function Library() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const stream = search.get('stream') ?? '';
  const [wanted, setWanted] = useState('');
  const live = useRecordings();
  const pages = useInfiniteQuery(ask.list(stream));
  const asked = pages.data?.pages.flatMap((page) => page.items);
  const all = asked && merged(asked, told(live.known), stream);
  const streams = useStreams(all, stream);
  if (!all) return pages.isError ? <Failed problem={pages.error} retry={() => void pages.refetch()} /> : <Loading lines={6} />;
  // Who finds nothing here sees at least why.
  const full = live.known && live.known.space.free < live.known.space.reserve;
  const shown = all.filter((one) => matches(one, wanted));
  return (
    <>
      {(all.length > 0 || full) && <Space />}
      {(all.length > 0 || stream) && (
        <Group gap="sm">
          <TextInput aria-label={t('recordings.filter')} placeholder={t('recordings.filter')} leftSection={<IconSearch size={16} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} flex="1 1 14rem" maw={360} />
          <NativeSelect
            aria-label={t('recordings.stream')}
            value={stream}
            onChange={(event) => setSearch(event.currentTarget.value ? { stream: event.currentTarget.value } : {}, { replace: true })}
            data={[{ value: '', label: t('recordings.everyStream') }, ...streams]}
          />
        </Group>
      )}
      {(pages.isError || live.connected === false) && <Stale at={Math.max(live.at, pages.dataUpdatedAt)} />}
      <Card bare>
        {shown.length > 0 ? (
          <ul className="recordings" aria-label={t('places.recordings')}>
            {shown.map((one) => (
              <li key={one.id}>
                <Row recording={one} />
              </li>
            ))}
          </ul>
        ) : all.length > 0 || stream ? (
          <Empty title={t('recordings.noMatch')} />
        ) : (
          <None />
        )}
      </Card>
      {pages.hasNextPage && (
        <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()} style={{ alignSelf: 'center' }}>
          {t('recordings.more')}
        </Button>
      )}
    </>
  );
}

/** Streams to choose from: every one that was seen since the page was opened. */
function useStreams(all: readonly Recording[] | undefined, chosen: string) {
  const [known, setKnown] = useState<readonly string[]>([]);
  const fresh = [...(all ?? []).map(streamOf), ...(chosen ? [chosen] : [])].filter((one) => !known.includes(one));
  if (fresh.length > 0) setKnown([...new Set([...known, ...fresh])].sort());
  return known;
}

function Row({ recording }: { recording: Recording }) {
  const { t } = useTranslation();
  const { id, label, gaps, seconds, started, files, trouble } = recording;
  const notes = [content(recording), gaps.length > 0 && t('recordings.gapsCount', { count: gaps.length }), files.length > 1 && t('recordings.filesCount', { count: files.length })].filter(Boolean);
  return (
    <Link to={`/recordings/${id}`} className="recording-row">
      <Picture recording={recording}>
        <span className="recording-length numbers">{duration(seconds)}</span>
      </Picture>
      <div className="recording-what">
        <Text fw={600} truncate>
          {label}
        </Text>
        <Text size="sm" c="dimmed" truncate>
          {streamOf(recording)}
          {notes.length > 0 && ` · ${notes.join(' · ')}`}
        </Text>
        {trouble && (
          <Text size="xs" c="var(--app-doubt)" lineClamp={2}>
            <IconAlertTriangle size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> {trouble}
          </Text>
        )}
      </div>
      <div className="recording-state">
        <Condition recording={recording} />
      </div>
      <span className="recording-side recording-size numbers">{bytes(recording.bytes)}</span>
      <span className="recording-side recording-when">
        <Ago at={started} />
      </span>
    </Link>
  );
}

/** Nothing was recorded: what there is to do depends on whether something is to be. */
function None() {
  const { t } = useTranslation();
  const may = useMay();
  const jobs = useLive('jobs', may('jobs:read'));
  const waits = jobs.known?.some((job) => job.kind === KIND && job.wanted);
  return (
    <Empty
      icon={<IconMovie size={36} stroke={1.4} />}
      title={t('recordings.none')}
      text={t(waits ? 'recordings.noneWaits' : 'recordings.noneText')}
      action={
        !may('jobs:write') || !may('jobs:read') ? undefined : waits ? (
          <Button component={Link} to="/recordings?tab=policies" variant="default">
            {t('recordings.tab.policies')}
          </Button>
        ) : (
          <>
            <RecordEverything />
            <Button component={Link} to="/recordings?tab=policies" variant="default">
              {t('recordings.choose')}
            </Button>
          </>
        )
      }
    />
  );
}
