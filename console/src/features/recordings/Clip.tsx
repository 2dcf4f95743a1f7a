import { Button, Group, Text, TextInput } from '@mantine/core';
import { IconCut } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { api, need } from '~/api/client';
import { Card } from '~/components/Page';
import { useAction } from '~/components/form';
import { duration } from '~/format';
import type { Recording } from './describe';
import type { Span } from './previews';

interface Props {
  recording: Recording;
  /** Where the player is, in seconds of the whole. */
  now: () => number;
  span: Span;
  onSpan: (span: Span) => void;
}

/** A part of a recording as one of its own: its ends are where the player is when somebody says so, or where they were drawn to on the strip. */
export function Clip({ recording, now, span: { from, to }, onSpan }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [label, setLabel] = useState(() => t('recordings.clip.called', { name: recording.label }).slice(0, 64));
  const { run, busy, problem, clear } = useAction(
    () => need(api.POST('/api/v2/recordings/{id}/clips', { params: { path: { id: recording.id } }, body: { label: label.trim(), from: from ?? 0, to: to ?? recording.seconds } })),
    {
      fields: { values: { label }, setWrong: () => undefined },
      done: t('recordings.clip.made'),
      onDone: ({ id }) => void navigate(`/recordings/${id}`),
    },
  );
  const here = (end: keyof Span) => () => {
    onSpan({ from, to, [end]: now() });
    clear();
  };
  const wrong = from !== undefined && to !== undefined && to <= from;
  return (
    <Card title={t('recordings.clip.title')} text={t('recordings.clip.text')}>
      <Group gap="xs">
        <Button variant="default" size="xs" onClick={here('from')}>
          {t('recordings.clip.from')}
        </Button>
        <Button variant="default" size="xs" onClick={here('to')}>
          {t('recordings.clip.to')}
        </Button>
        <Text size="sm" className="numbers" aria-live="polite">
          {t('recordings.clip.span', { from: duration(from ?? 0), to: duration(to ?? recording.seconds) })}
        </Text>
        {(from !== undefined || to !== undefined) && (
          <Button variant="subtle" size="compact-xs" onClick={() => onSpan({})}>
            {t('recordings.clip.all')}
          </Button>
        )}
      </Group>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(undefined);
        }}
      >
        <Group gap="xs" align="flex-start" mt="sm">
          <TextInput
            aria-label={t('recordings.clip.name')}
            value={label}
            maxLength={64}
            error={wrong ? t('recordings.clip.wrong') : (problem?.fields.get('label') ?? problem?.fields.get('from') ?? problem?.message)}
            onChange={(event) => {
              setLabel(event.currentTarget.value);
              clear();
            }}
            flex="1 1 12rem"
          />
          <Button type="submit" variant="light" leftSection={<IconCut size={16} />} loading={busy} disabled={wrong || !label.trim()}>
            {t('recordings.clip.make')}
          </Button>
        </Group>
      </form>
    </Card>
  );
}
