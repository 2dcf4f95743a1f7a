import { useState, type PointerEvent, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';

import { duration } from '~/format';
import { momentAt, moved, type Span } from './previews';

interface Props {
  name: keyof Span;
  at: number;
  seconds: number;
  bar: RefObject<HTMLDivElement | null>;
  onMove: (moment: number) => void;
  /** It is being moved to there; `undefined` when it is not any more. */
  onOver: (moment: number | undefined) => void;
  /** It stays there. */
  onSettle: (moment: number) => void;
}

/** An end of what is to become a clip, to be drawn to where it belongs. */
export function StripEnd({ name, at, seconds, bar, onMove, onOver, onSettle }: Props) {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  const follow = (event: PointerEvent) => {
    const moment = momentAt(event.clientX, bar.current?.getBoundingClientRect() ?? { left: 0, width: 0 }, seconds);
    onMove(moment);
    onOver(moment);
    return moment;
  };
  const release = () => {
    setHeld(false);
    onOver(undefined);
  };
  return (
    <div
      className="strip-end"
      data-end={name}
      role="slider"
      tabIndex={0}
      aria-label={t(`recordings.strip.${name}`)}
      aria-valuemin={0}
      aria-valuemax={Math.round(seconds)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={duration(at)}
      style={{ left: `${seconds > 0 ? (at / seconds) * 100 : 0}%` }}
      onKeyDown={(event) => {
        const to = moved(event.key, at, seconds, 1);
        if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        onMove(to);
        onSettle(to);
      }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setHeld(true);
      }}
      onPointerMove={(event) => held && follow(event)}
      onPointerUp={(event) => {
        if (held) onSettle(follow(event));
        release();
      }}
      onPointerCancel={release}
    />
  );
}
