import { Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import type { LogLine } from '~/api/topics';
import { clock } from '~/format';

const TONES: Record<string, string> = { error: 'bad', warn: 'doubt' };
/** Lines that are drawn. */
const MOST = 400;

/** Lines of the log, the newest at the end, which stays in view as long as nobody scrolls away from it. */
export function Lines({ lines, empty }: { lines: readonly LogLine[]; empty: string }) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const element = place.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  if (lines.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {empty}
      </Text>
    );
  }
  return (
    <div
      ref={place}
      className="steps-log"
      role="log"
      aria-label={t('activity.log')}
      aria-live="off"
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by keys
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {lines.slice(-MOST).map((line) => (
        <div key={line.number} className="log-line">
          <time dateTime={line.at}>{clock(new Date(line.at))}</time>
          <span data-tone={TONES[line.level]}>{line.level}</span>
          <span>
            {line.message}{' '}
            <Text span inherit c="dimmed">
              {Object.entries(line.fields ?? {})
                .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
                .join(' ')}
            </Text>
          </span>
        </div>
      ))}
    </div>
  );
}
