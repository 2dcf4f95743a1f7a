import { Alert, Button, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconAlertTriangle, IconChevronDown, IconChevronUp, IconSearch } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { CopyCode } from '~/components/Copy';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { found, lacks } from './ffmpeg';

const LISTS = ['encoders', 'decoders', 'protocols'] as const;

/** The program that makes pictures: which it is, and what it can do; where there is none, what to do. */
export function Ffmpeg() {
  const { t } = useTranslation();
  const asked = useQuery(ask.ffmpeg);
  return (
    <Card title={t('settings.ffmpeg.title')} text={t('settings.ffmpeg.text')}>
      <Load query={asked}>{(known) => (known.problem ? <None problem={known.problem} /> : <There known={known} />)}</Load>
    </Card>
  );
}

function None({ problem }: { problem: string }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" maw={760}>
      <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title={t('settings.ffmpeg.none')}>
        {problem}
      </Alert>
      <Text size="sm">{t('settings.ffmpeg.without')}</Text>
      <Text size="sm">{t('settings.ffmpeg.install')}</Text>
      <CopyCode name={t('settings.ffmpeg.command')} code={INSTALL} />
      <Text size="sm">{t('settings.ffmpeg.elsewhere')}</Text>
    </Stack>
  );
}

function There({ known }: { known: Schema['FfmpegView'] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const region = useId();
  const missing = lacks(known);
  const lists = LISTS.map((name) => ({ name, names: found(known[name], typed) }));
  return (
    <Stack gap="sm">
      <dl className="facts">
        <dt>{t('settings.ffmpeg.program')}</dt>
        <dd className="mono">{known.program}</dd>
        <dt>{t('settings.ffmpeg.version')}</dt>
        <dd className="mono">{known.version}</dd>
      </dl>
      {missing === 'all' || missing.length > 0 ? (
        <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />}>
          {missing === 'all' ? t('settings.ffmpeg.noJpeg') : t('settings.ffmpeg.lacks', { codecs: missing.join(', ') })}
        </Alert>
      ) : (
        <Text size="sm">{t('settings.ffmpeg.complete')}</Text>
      )}
      <Button variant="default" size="xs" w="max-content" aria-expanded={open} aria-controls={region} rightSection={open ? <IconChevronUp size={14} /> : <IconChevronDown size={14} />} onClick={() => setOpen(!open)}>
        {t('settings.ffmpeg.able')}
      </Button>
      <div id={region} hidden={!open}>
        {open && (
          <Stack gap="sm">
            <TextInput aria-label={t('settings.ffmpeg.search')} placeholder={t('settings.ffmpeg.search')} leftSection={<IconSearch size={16} />} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} maw={360} />
            {lists.map(({ name, names }) => (
              <section key={name} aria-label={t(`settings.ffmpeg.${name}`)}>
                <Text size="sm" fw={600} component="h3" m={0} mb={6}>
                  {t(`settings.ffmpeg.${name}`)} <span className="numbers">{names.length}</span>
                </Text>
                {names.length > 0 ? (
                  <ul className="names">
                    {names.map((one) => (
                      <li key={one}>{one}</li>
                    ))}
                  </ul>
                ) : (
                  <Text size="sm" c="dimmed">
                    {t('settings.ffmpeg.noneFound')}
                  </Text>
                )}
              </section>
            ))}
          </Stack>
        )}
      </div>
    </Stack>
  );
}

const INSTALL = 'sudo apt install ffmpeg';
