import { IconPhotoOff } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { at } from '~/api/mount';

/** How often the picture of a stream that is on screen is asked for anew; the server answers 304 while it has no other. */
const EVERY = 10_000;

/** A still picture of a stream. Players are for one stream at a time. */
export function Snapshot({ stream, live, width = 480 }: { stream: string; live: boolean; width?: number }) {
  const { t } = useTranslation();
  const [tick, setTick] = useState(0);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setTick((known) => known + 1);
    }, EVERY);
    return () => clearInterval(timer);
  }, [live]);
  return (
    <div className="picture">
      {live && (
        <img
          key={stream}
          src={at(`api/v2/streams/${encodeURIComponent(stream)}/snapshot?width=${width}&n=${tick}`)}
          alt={t('streams.picture', { stream })}
          onLoad={() => setShown(true)}
          onError={() => setShown(false)}
          hidden={!shown}
        />
      )}
      {!(live && shown) && (
        <div className="picture-none" aria-hidden>
          <IconPhotoOff size={28} stroke={1.4} />
        </div>
      )}
    </div>
  );
}
