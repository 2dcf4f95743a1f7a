import { IconMovie, IconMusic } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';

import { at } from '~/api/mount';
import type { Recording } from './describe';

const VIDEO = /^(h26[45]|hevc|av1|vp[89])$/i;

export const hasVideo = ({ files }: Recording) => files.length === 0 || files.some(({ codecs }) => codecs.some((codec) => VIDEO.test(codec)));

/** A still of a recording, or the quiet of one that has none. It says nothing that is not written beside it. */
export function Picture({ recording, children }: { recording: Recording; children?: ReactNode }) {
  const [shown, setShown] = useState(false);
  const Icon = hasVideo(recording) ? IconMovie : IconMusic;
  return (
    <div className="picture">
      {recording.picture && <img src={at(`api/v2/recordings/${recording.id}/picture`)} alt="" onLoad={() => setShown(true)} onError={() => setShown(false)} hidden={!shown} />}
      {!(recording.picture && shown) && (
        <div className="picture-none" aria-hidden>
          <Icon size={26} stroke={1.4} />
        </div>
      )}
      {children}
    </div>
  );
}
