import { Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { ear } from '~/api/live';
import { Load } from '~/components/States';
import { dateTime } from '~/format';
import { ask } from './hooks';

/** What a job has written down, the newest last. It is read anew when something becomes of a job. */
export function JobLog({ id }: { id: string }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const lines = useQuery(ask.log(id));
  useEffect(() => ear.onEvent((topic) => void (topic === 'jobs' && cache.invalidateQueries({ queryKey: ask.log(id).queryKey }))), [cache, id]);
  return (
    <Load query={lines}>
      {(known) =>
        known.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('recordings.policy.noLog')}
          </Text>
        ) : (
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by keys
          <div className="steps-log" role="log" aria-live="off" aria-label={t('recordings.policy.log')} tabIndex={0}>
            {known.map((line, index) => (
              <div key={index} className="job-line">
                <time dateTime={line.at}>{dateTime(new Date(line.at))}</time>
                <span>
                  {line.stream && (
                    <Text span inherit c="dimmed">
                      {line.stream}{' '}
                    </Text>
                  )}
                  <span data-tone={line.mood === 'good' ? undefined : line.mood}>{line.text}</span>
                </span>
              </div>
            ))}
          </div>
        )
      }
    </Load>
  );
}
