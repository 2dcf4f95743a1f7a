import { useTranslation } from 'react-i18next';

import { codec } from '~/features/streams/describe';
import { bits, number } from '~/format';
import type { Track } from './describe';

/** What each track of a file is, a line each: `H.264 High · 1280×720 · 30 fps · 2.5 Mbit/s`. */
export function Tracks({ tracks }: { tracks: readonly Track[] }) {
  const { t } = useTranslation();
  const text = (track: Track) =>
    [
      [codec(track.codec), track.profile].filter(Boolean).join(' '),
      track.width && track.height && `${track.width}×${track.height}`,
      track.fps && t('recordings.fps', { fps: number(track.fps, track.fps % 1 < 0.05 ? 0 : 1) }),
      track.sample_rate && `${number(track.sample_rate / 1000, 1)} kHz`,
      track.channels && t('recordings.channels', { count: track.channels }),
      track.bitrate && bits(track.bitrate),
    ]
      .filter(Boolean)
      .join(' · ');
  if (tracks.length === 0) return '–';
  return (
    <span className="recording-tracks numbers">
      {tracks.map((track, index) => (
        <span key={index} title={track.parameters ?? undefined}>
          {text(track)}
        </span>
      ))}
    </span>
  );
}
