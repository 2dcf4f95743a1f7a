import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { at } from '~/api/mount';
import { sheetAddress, type Recording } from './describe';
import { ask } from './hooks';
import { previewPlace, tileAt, type Previews } from './previews';

/** What is known of the picture of a moment: there is none, it is on its way, or where it is. */
export type Preview = { state: 'none' | 'coming' } | { state: 'there'; sheet: string; previews: Previews; index: number };

/** The picture of `moment`. The server makes it for the first who wants it, so nothing is asked for who only passes by. */
export function usePreview(recording: Recording, moment: number | undefined): Preview {
  const place = moment === undefined ? undefined : previewPlace(recording, moment);
  const number = place?.number;
  const [wanted, setWanted] = useState<number>();
  useEffect(() => {
    if (number === undefined) return;
    const timer = setTimeout(() => setWanted(number), STAYS);
    return () => clearTimeout(timer);
  }, [number]);
  const known = useQuery({ ...ask.previews(recording.id, number ?? 0), enabled: number !== undefined && wanted === number });
  if (!place || known.isError) return { state: 'none' };
  if (!known.data) return { state: 'coming' };
  if (known.data.times.length === 0) return { state: 'none' };
  return { state: 'there', sheet: at(sheetAddress(recording.id, place.number)), previews: known.data, index: tileAt(known.data.times, place.at) };
}

/** Who stays for so long on a file wants to see it, in milliseconds. */
const STAYS = 200;
