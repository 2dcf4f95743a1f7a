import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { percent } from '~/format';
import { condition, type Recording } from './describe';

const COLORS = { recording: 'red', finishing: 'blue', troubled: 'yellow', unreadable: 'red', damaged: 'yellow', finished: 'gray' } as const;
const MOODS = { recording: 'bad', finishing: undefined, troubled: 'doubt', unreadable: 'bad', damaged: 'doubt', finished: 'good' } as const;

/** How a recording is: by a word, a dot and a colour. */
export function Condition({ recording }: { recording: Recording }) {
  const { t } = useTranslation();
  const how = condition(recording);
  const { progress } = recording;
  const share = how === 'finishing' && typeof progress === 'number' ? ` ${percent(progress * 100)}` : '';
  return (
    <Badge variant="light" color={COLORS[how]} tt="none" radius="sm" className="numbers" title={recording.trouble ?? undefined} leftSection={<span className="dot" data-mood={MOODS[how]} data-pulse={how === 'recording' || how === 'finishing' || undefined} />}>
      {t(`recordings.state.${how}`) + share}
    </Badge>
  );
}
