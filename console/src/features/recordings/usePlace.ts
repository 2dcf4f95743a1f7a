import { useEffect, useState, type RefObject } from 'react';

import { momentOf, type Recording, type Source } from './describe';

/** Where the player is, in seconds of the whole: where somebody has just gone counts before the picture is there. */
export function usePlace(video: RefObject<HTMLVideoElement | null>, recording: Recording, source: Source) {
  const [at, setAt] = useState(0);
  const [aim, setAim] = useState<number>();
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const tell = () => setAt(element.currentTime);
    const arrive = () => {
      setAim(undefined);
      tell();
    };
    for (const type of MOVES) element.addEventListener(type, tell);
    element.addEventListener('seeked', arrive);
    return () => {
      for (const type of MOVES) element.removeEventListener(type, tell);
      element.removeEventListener('seeked', arrive);
    };
  }, [video]);
  const place = Math.min(aim ?? momentOf(recording, source, at), recording.seconds);
  return [place, setAim] as const;
}

const MOVES = ['timeupdate', 'loadedmetadata', 'emptied'] as const;
