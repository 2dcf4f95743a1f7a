import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { sentences } from '~/format';
import { mood, troubles } from './describe';

const COLORS = { good: 'green', doubt: 'yellow', bad: 'red' } as const;

/** How a stream is: by a word, a dot and a colour. */
export function State({ stream }: { stream: Schema['StreamView'] }) {
  const { t } = useTranslation();
  const how = mood(stream);
  const wrong = troubles(stream);
  const title = sentences(wrong.map((one) => t(`streams.trouble.${one}`)));
  return (
    <Badge variant="light" color={how ? COLORS[how] : 'gray'} tt="none" radius="sm" title={title || undefined} leftSection={<span className="dot" data-mood={how} data-live={stream.state === 'live' || undefined} />}>
      {wrong.length > 0 ? t('streams.state.troubled') : t(`streams.state.${stream.state}`)}
    </Badge>
  );
}
