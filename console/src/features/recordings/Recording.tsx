import './recordings.css';

import { Alert, Anchor, Button, Group, Menu, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle, IconChevronDown, IconDownload, IconPencil, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import { Fragment, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';

import { api, need } from '~/api/client';
import { at } from '~/api/mount';
import { useMay } from '~/app/session';
import { Card, Page } from '~/components/Page';
import { Load } from '~/components/States';
import { Ago } from '~/components/Time';
import { useConfirm } from '~/components/confirm';
import { useAction } from '~/components/form';
import { bytes, duration } from '~/format';
import { Condition } from './Condition';
import { Clip } from './Clip';
import { Facts } from './Facts';
import { Files } from './Files';
import { Gaps } from './Gaps';
import { current, downloadAddress, momentOf, placeOf, sourceFor, streamOf, told, type Recording, type Source } from './describe';
import { ask, useRecordings } from './hooks';
import type { Span } from './previews';
import { Share } from './Share';
import { Stage } from './Stage';
import { Strip } from './Strip';
import { Upload } from './Upload';

/** One recording: to be watched, also while it is made, and what can be done with it. */
export function Component() {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  const live = useRecordings();
  const asked = useQuery(ask.one(id));
  const known = asked.data && current(asked.data, told(live.known));
  if (!known) {
    return (
      <Page title={t('recordings.one')} text={<Back />}>
        <Load query={asked}>{() => null}</Load>
      </Page>
    );
  }
  return <One key={id} recording={known} />;
}

function Back() {
  const { t } = useTranslation();
  return (
    <Anchor component={Link} to="/recordings">
      {t('places.recordings')}
    </Anchor>
  );
}

function One({ recording }: { recording: Recording }) {
  const { t } = useTranslation();
  const { label, files } = recording;
  const [renaming, setRenaming] = useState(false);
  const [playing, setPlaying] = useState<{ source: Source; jump?: { at: number; plays: boolean } }>(() => ({ source: sourceFor(recording) }));
  const [clip, setClip] = useState<Span>({});
  const stage = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const may = useMay();
  const clips = may('recordings:write') && files.length > 0 && recording.hls;
  const now = () => momentOf(recording, playing.source, video.current?.currentTime ?? 0);
  const play = (source: Source, moment?: number) => {
    setPlaying({ source, jump: moment === undefined ? undefined : { at: moment, plays: true } });
    stage.current?.scrollIntoView({ block: 'nearest' });
  };
  /** To `moment` of the whole, in whatever is being played. */
  const go = (moment: number, plays: boolean) => {
    const place = playing.source === 'whole' ? undefined : placeOf(recording, moment);
    setPlaying({ source: place?.number ?? 'whole', jump: { at: place?.at ?? moment, plays } });
  };
  const jump = (moment: number) => {
    go(moment, true);
    stage.current?.scrollIntoView({ block: 'nearest' });
  };
  const toggle = () => {
    const element = video.current;
    if (element?.paused) void element.play().catch(() => undefined);
    else element?.pause();
  };
  return (
    <Page
      title={label}
      text={
        renaming ? (
          <Rename recording={recording} onDone={() => setRenaming(false)} />
        ) : (
          <Group gap="sm" className="numbers">
            <Condition recording={recording} />
            <Anchor component={Link} to={`/streams/${streamOf(recording)}`} inherit>
              {streamOf(recording)}
            </Anchor>
            <span>
              {duration(recording.seconds)} · {bytes(recording.bytes)} · <Ago at={recording.started} />
            </span>
          </Group>
        )
      }
      actions={<Actions recording={recording} chosen={playing.source} onRename={renaming ? undefined : () => setRenaming(true)} />}
    >
      {recording.trouble && (
        <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title={t('recordings.trouble')}>
          <Text size="sm">
            {recording.trouble}
            <br />
            {t('recordings.troubleText')}
          </Text>
        </Alert>
      )}
      <div className="recording-top">
        <Stack gap="sm" ref={stage}>
          <Stage recording={recording} source={playing.source} video={video} jump={playing.jump} />
          {recording.seconds >= 1 && (
            <Strip recording={recording} source={playing.source} video={video} onSeek={(moment) => go(moment, video.current?.paused === false)} onToggle={toggle} clip={clip} onClip={clips ? setClip : undefined} />
          )}
          <Choice recording={recording} source={playing.source} onChoose={(source) => play(source)} />
        </Stack>
        <div className="parts">
          <Card>
            <Facts recording={recording} />
          </Card>
          <Upload recording={recording} />
          {recording.gaps.length > 0 && <Gaps recording={recording} onJump={jump} />}
          {clips && <Clip recording={recording} now={now} span={clip} onSpan={setClip} />}
        </div>
      </div>
      {files.length > 0 && <Files recording={recording} playing={playing.source} onPlay={(number) => play(number, 0)} />}
    </Page>
  );
}

/** All of it or one of its files; nothing where that is the same. */
function Choice({ recording: { files, hls }, source, onChoose }: { recording: Recording; source: Source; onChoose: (source: Source) => void }) {
  const { t } = useTranslation();
  const done = files.filter(({ finished, fault }) => finished && fault !== 'unreadable');
  if (!hls) return null;
  if (done.length === 0 || (files.length === 1 && source !== 'whole')) return null;
  // Many are chosen from the list below.
  if (done.length > 4) return source === 'whole' ? null : <Button variant="default" size="xs" w="max-content" onClick={() => onChoose('whole')}>{t('recordings.whole')}</Button>;
  return (
    <SegmentedControl
      size="xs"
      w="max-content"
      maw="100%"
      aria-label={t('recordings.play.what')}
      value={String(source)}
      onChange={(value) => onChoose(value === 'whole' ? value : Number(value))}
      data={[{ value: 'whole', label: t('recordings.whole') }, ...done.map(({ number }) => ({ value: String(number), label: t('recordings.file', { number }) }))]}
    />
  );
}

function Rename({ recording, onDone }: { recording: Recording; onDone: () => void }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [label, setLabel] = useState(recording.label);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const { run, busy, problem, clear } = useAction(() => need(api.PATCH('/api/v2/recordings/{id}', { params: { path: { id: recording.id } }, body: { label: label.trim() } })), {
    fields: { values: { label }, setWrong: () => undefined },
    onDone: (changed) => {
      cache.setQueryData(ask.one(recording.id).queryKey, changed);
      void cache.invalidateQueries({ queryKey: ['recordings'] });
      onDone();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(undefined);
      }}
    >
      <Group gap="xs" align="flex-start">
        <TextInput
          ref={field}
          aria-label={t('recordings.name')}
          autoFocus
          value={label}
          maxLength={64}
          error={problem?.fields.get('label') ?? problem?.message}
          onChange={(event) => {
            setLabel(event.currentTarget.value);
            clear();
          }}
          onKeyDown={(event) => event.key === 'Escape' && onDone()}
          flex="1 1 14rem"
        />
        <Button type="submit" loading={busy}>
          {t('common.save')}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t('common.cancel')}
        </Button>
      </Group>
    </form>
  );
}

function Actions({ recording, chosen, onRename }: { recording: Recording; chosen: Source; onRename?: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const confirm = useConfirm();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const { id, label, state } = recording;
  const path = { params: { path: { id } } };
  const end = useAction(() => need(api.POST('/api/v2/recordings/{id}/end', path)), { done: t('recordings.ended') });
  const remove = useAction(() => need(api.DELETE('/api/v2/recordings/{id}', path)), {
    done: t('recordings.removed'),
    onDone: () => {
      void navigate('/recordings', { replace: true });
      void cache.invalidateQueries({ queryKey: ['recordings', 'list'] });
    },
  });
  return (
    <>
      <Download recording={recording} chosen={chosen} />
      {may('keys:write') && recording.files.length > 0 && <Share recording={recording} />}
      {may('recordings:write') && (
        <>
          {onRename && (
            <Button variant="default" leftSection={<IconPencil size={16} />} onClick={onRename}>
              {t('recordings.rename')}
            </Button>
          )}
          {state === 'recording' && (
            <Button
              variant="default"
              leftSection={<IconPlayerStop size={16} />}
              loading={end.busy}
              onClick={async () => {
                if (await confirm({ title: t('recordings.end'), text: t('recordings.endText', { stream: streamOf(recording) }), yes: t('recordings.end') })) void end.run(undefined);
              }}
            >
              {t('recordings.end')}
            </Button>
          )}
          {state !== 'recording' && (
            <Button
              color="red"
              variant="light"
              leftSection={<IconTrash size={16} />}
              loading={remove.busy}
              onClick={async () => {
                if (await confirm({ title: t('recordings.remove'), text: t('recordings.removeText', { name: label, length: duration(recording.seconds), size: bytes(recording.bytes) }), yes: t('recordings.remove') })) void remove.run(undefined);
              }}
            >
              {t('recordings.remove')}
            </Button>
          )}
        </>
      )}
    </>
  );
}

function Download({ recording: { id, files }, chosen }: { recording: Recording; chosen: Source }) {
  const { t } = useTranslation();
  const there = files.filter(({ fault }) => fault !== 'unreadable');
  const single = there.length === 1 ? there[0] : there.find(({ number }) => number === chosen);
  if (there.length === 0) return null;
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} rightSection={<IconChevronDown size={14} />}>
          {t('recordings.download')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        {(single ? [single] : there).map((file) => (
          <Fragment key={file.number}>
            {!single && (
              <Menu.Label className="numbers">
                {t('recordings.file', { number: file.number })} · {duration(file.seconds)}
              </Menu.Label>
            )}
            {file.formats.map((format) => (
              <Menu.Item key={format} component="a" href={at(downloadAddress(id, file.number, format))}>
                {format === 'mp4' ? t('recordings.asRecorded', { size: bytes(file.bytes) }) : t('recordings.as', { format: format.toUpperCase() })}
              </Menu.Item>
            ))}
          </Fragment>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
