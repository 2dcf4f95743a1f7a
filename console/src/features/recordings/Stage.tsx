import { Button } from '@mantine/core';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';

import { at } from '~/api/mount';
import type { Engine } from '~/player/engine';
import { fileAddress, streamOf, type Recording, type Source } from './describe';

/** The first seconds of a recording are on their way to the disk; milliseconds until it is looked for them again. */
const SOON = 2_000;

interface Props {
  recording: Recording;
  source: Source;
  /** What it is played by. */
  video: RefObject<HTMLVideoElement | null>;
  /** Where to begin, or to go on, and whether it plays then: a new object each time that somebody wants to be there. */
  jump?: { at: number; plays: boolean };
}

/** Plays a recording in its place: a file by the browser itself, all of it, also while it is made, by the player's engine for HLS. */
export function Stage({ recording, source, video, jump }: Props) {
  const { t } = useTranslation();
  const { id } = recording;
  const [trouble, setTrouble] = useState<'early' | 'failed'>();
  const [tries, setTries] = useState(0);
  const early = recording.state === 'recording' && recording.seconds < 15;
  const patient = useRef(early);
  patient.current = early;

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    setTrouble(undefined);
    let left = false;
    let engine: Engine | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const failed = () => {
      if (left) return;
      setTrouble(patient.current ? 'early' : 'failed');
      if (patient.current) timer = setTimeout(() => setTries((known) => known + 1), SOON);
    };
    void (async () => {
      const [{ load }, { abilities }] = await Promise.all([import('~/player/engine'), import('~/player/ways')]);
      const whole = source === 'whole';
      const make = await load(whole ? 'hls' : 'file', abilities().nativeHls);
      if (left) return;
      const url = at(whole ? `api/v2/recordings/${id}/index.m3u8` : fileAddress(id, source));
      engine = make({ video: element, source: { way: whole ? 'hls' : 'file', url, growing: true }, tracks: null, report: ({ kind }) => kind === 'trouble' && failed() });
      await engine.open();
    })().catch(failed);
    return () => {
      left = true;
      clearTimeout(timer);
      engine?.close();
    };
  }, [id, source, tries, video]);

  useEffect(() => {
    const element = video.current;
    if (!element || !jump) return;
    const go = () => {
      element.currentTime = jump.at;
      if (jump.plays) void element.play().catch(() => undefined);
    };
    if (element.readyState >= HTMLMediaElement.HAVE_METADATA) {
      go();
      return;
    }
    element.addEventListener('loadedmetadata', go, { once: true });
    return () => element.removeEventListener('loadedmetadata', go);
  }, [jump, video]);

  return (
    <div className="recording-stage">
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- recordings have none */}
      <video ref={video} controls playsInline preload="metadata" poster={recording.picture ? at(`api/v2/recordings/${id}/picture`) : undefined} aria-label={t('recordings.video', { name: recording.label, stream: streamOf(recording) })} />
      {trouble && (
        <div className="recording-said" role="status">
          {t(`recordings.play.${trouble}`)}
          {trouble === 'failed' && (
            <Button variant="default" size="xs" onClick={() => setTries((known) => known + 1)}>
              {t('common.retry')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
