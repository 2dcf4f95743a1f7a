import { IconMovie, IconMusic } from '@tabler/icons-react';
import { useState, type PointerEvent, type ReactNode } from 'react';

import { at } from '~/api/mount';
import { duration } from '~/format';
import type { Recording } from './describe';
import { hasVideo, momentAt } from './previews';
import { Tile } from './Tile';
import { usePreview } from './usePreview';

/** A still of a recording, or the quiet of one that has none. It says nothing that is not written beside it. */
export function Picture({ recording, children }: { recording: Recording; children?: ReactNode }) {
  const [shown, setShown] = useState(false);
  const [over, setOver] = useState<number>();
  const Icon = hasVideo(recording) ? IconMovie : IconMusic;
  // Of what is still being made there is nothing to look through; fingers scroll.
  const looks = recording.state === 'finished' && hasVideo(recording);
  const point = ({ currentTarget, clientX, pointerType }: PointerEvent<HTMLElement>) => {
    if (looks && pointerType !== 'touch' && !matchMedia(STILL).matches) setOver(momentAt(clientX, currentTarget.getBoundingClientRect(), recording.seconds));
  };
  return (
    <div className="picture" onPointerEnter={point} onPointerMove={point} onPointerLeave={() => setOver(undefined)}>
      {recording.picture && <img src={at(`api/v2/recordings/${recording.id}/picture`)} alt="" onLoad={() => setShown(true)} onError={() => setShown(false)} hidden={!shown} />}
      {!(recording.picture && shown) && (
        <div className="picture-none" aria-hidden>
          <Icon size={26} stroke={1.4} />
        </div>
      )}
      {children}
      {over !== undefined && <Moment recording={recording} at={over} />}
    </div>
  );
}

/** What is seen at a moment, instead of the still, once it is there. */
function Moment({ recording, at: moment }: { recording: Recording; at: number }) {
  const preview = usePreview(recording, moment);
  if (preview.state !== 'there') return null;
  return (
    <span className="picture-moment" aria-hidden>
      <Tile {...preview} />
      <span className="recording-length numbers">{duration(moment)}</span>
      <span className="picture-way" style={{ width: `${(moment / recording.seconds) * 100}%` }} />
    </span>
  );
}

/** Who wants nothing to move. */
const STILL = '(prefers-reduced-motion: reduce)';
