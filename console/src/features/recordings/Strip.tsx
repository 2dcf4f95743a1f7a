import { Skeleton } from '@mantine/core';
import { useRef, useState, type CSSProperties, type PointerEvent, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';

import { duration } from '~/format';
import { span, type Recording, type Source } from './describe';
import { gapAt, momentAt, moved, seams, withEnd, type Span } from './previews';
import { StripEnd } from './StripEnd';
import { Tile } from './Tile';
import { usePlace } from './usePlace';
import { usePreview } from './usePreview';

interface Props {
  recording: Recording;
  source: Source;
  video: RefObject<HTMLVideoElement | null>;
  /** To a moment of the whole. */
  onSeek: (moment: number) => void;
  /** Plays or pauses. */
  onToggle: () => void;
  /** What is to become a clip, for who may make one. */
  clip?: Span;
  onClip?: (span: Span) => void;
}

/** All of a recording from end to end: the picture of the moment that somebody points at, and the way there. */
export function Strip({ recording, source, video, onSeek, onToggle, clip = {}, onClip }: Props) {
  const { t } = useTranslation();
  const { seconds, gaps } = recording;
  const bar = useRef<HTMLDivElement>(null);
  const [place, setAim] = usePlace(video, recording, source);
  // What the pointer is over; while it is held down, where it would go.
  const [over, setOver] = useState<number>();
  const [held, setHeld] = useState(false);
  const [focused, setFocused] = useState(false);
  const now = held && over !== undefined ? over : place;
  const shown = over ?? (focused ? place : undefined);

  const pointed = (event: PointerEvent) => momentAt(event.clientX, bar.current?.getBoundingClientRect() ?? { left: 0, width: 0 }, seconds);
  const go = (moment: number) => {
    setAim(moment);
    onSeek(moment);
  };
  const leave = () => {
    setOver(undefined);
    setHeld(false);
  };
  const end = (name: keyof Span) => onClip && ((moment: number) => onClip(withEnd(clip, name, moment)));
  const keys: Record<string, (() => void) | undefined> = {
    Enter: onToggle,
    ' ': onToggle,
    i: () => end('from')?.(place),
    o: () => end('to')?.(place),
  };

  return (
    <div className="strip">
      {shown !== undefined && <Pointed recording={recording} moment={shown} />}
      <div
        ref={bar}
        className="strip-bar"
        role="slider"
        tabIndex={0}
        aria-label={t('recordings.strip.name')}
        aria-valuemin={0}
        aria-valuemax={Math.round(seconds)}
        aria-valuenow={Math.round(now)}
        aria-valuetext={t('recordings.strip.at', { time: duration(now), length: duration(seconds) })}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const to = moved(event.key, place, seconds);
          if (to === undefined && !keys[event.key]) return;
          event.preventDefault();
          setFocused(true);
          if (to !== undefined) go(to);
          else keys[event.key]?.();
        }}
        onFocus={(event) => setFocused(event.currentTarget.matches(':focus-visible'))}
        onBlur={() => setFocused(false)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setHeld(true);
          setFocused(false);
          setOver(pointed(event));
        }}
        onPointerMove={(event) => setOver(pointed(event))}
        onPointerUp={(event) => {
          if (held) go(pointed(event));
          setHeld(false);
          // A finger that is gone points at nothing.
          if (event.pointerType === 'touch') setOver(undefined);
        }}
        onPointerLeave={leave}
        onPointerCancel={leave}
      >
        <span className="strip-rail" aria-hidden>
          <span className="strip-done" style={{ width: share(now, seconds) }} />
          {(clip.from !== undefined || clip.to !== undefined) && <span className="strip-span" style={{ left: share(clip.from ?? 0, seconds), width: share((clip.to ?? seconds) - (clip.from ?? 0), seconds) }} />}
          {recording.files.length <= MOST && seams(recording).map((at, index) => <span key={index} className="strip-seam" style={{ left: share(at, seconds) }} />)}
        </span>
        {gaps.slice(0, MOST).map(({ at, lasted, cause }, index) => (
          <span key={index} className="strip-gap" aria-hidden style={{ left: share(at, seconds), width: cause === 'overrun' ? share(lasted, seconds) : undefined }} />
        ))}
        {over !== undefined && !held && <span className="strip-over" aria-hidden style={{ left: share(over, seconds) }} />}
        <span className="strip-now" aria-hidden style={{ left: share(now, seconds) }} />
      </div>
      {(['from', 'to'] as const).map((name) => {
        const at = clip[name];
        return at !== undefined && onClip && <StripEnd key={name} name={name} at={at} seconds={seconds} bar={bar} onMove={(moment) => end(name)?.(moment)} onOver={setOver} onSettle={go} />;
      })}
      <div className="strip-times numbers" aria-hidden>
        <span>{duration(now)}</span>
        <span>{duration(seconds)}</span>
      </div>
    </div>
  );
}

/** The picture and the time of a moment, over it. */
function Pointed({ recording, moment }: { recording: Recording; moment: number }) {
  const { t } = useTranslation();
  const preview = usePreview(recording, moment);
  const gap = gapAt(recording.gaps, moment, recording.seconds / 70);
  return (
    <div className="strip-pointed" aria-hidden style={{ '--at': moment / recording.seconds } as CSSProperties}>
      {preview.state === 'there' && <Tile {...preview} />}
      {preview.state === 'coming' && <Skeleton className="tile" radius={0} />}
      <span className="numbers">{duration(moment)}</span>
      {gap && <span className="strip-missing">{t('recordings.strip.gap', { time: span(gap.lasted) })}</span>}
    </div>
  );
}

const share = (part: number, whole: number) => `${whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0}%`;

/** Marks of a kind that are drawn. */
const MOST = 100;
