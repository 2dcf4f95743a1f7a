import { ActionIcon, Badge, Button, Group, Tooltip } from '@mantine/core';
import { IconDownload, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { at } from '~/api/mount';
import { CopyButton } from '~/components/Copy';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { bytes, clock, duration } from '~/format';
import { downloadAddress, fileAddress, type Recording, type Source } from './describe';
import { Tracks } from './Tracks';

interface Props {
  recording: Recording;
  playing: Source;
  onPlay: (number: number) => void;
}

/** Files that are drawn before somebody wants all. */
const FEW = 5;

/** The files that a recording consists of. */
export function Files({ recording: { id, files }, playing, onPlay }: Props) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all || files.length <= FEW + 2 ? files : files.slice(0, FEW);
  return (
    <Card bare title={t('recordings.files')} text={t('recordings.filesText')}>
      <List
        label={t('recordings.files')}
        rows={shown}
        rowKey={({ number }) => number}
        columns={[
          {
            name: t('recordings.fileName'),
            lead: true,
            cell: ({ number, finished, fault }) => (
              <>
                <b>{t('recordings.file', { number })}</b>{' '}
                {fault ? (
                  <Badge variant="light" color={fault === 'unreadable' ? 'red' : 'yellow'} tt="none">
                    {t(fault === 'unreadable' ? 'recordings.state.unreadable' : 'recordings.state.damaged')}
                  </Badge>
                ) : (
                  !finished && (
                    <Badge variant="light" color="gray" tt="none">
                      {t('recordings.growing')}
                    </Badge>
                  )
                )}
              </>
            ),
          },
          { name: t('recordings.began'), cell: ({ started }) => <span className="numbers">{clock(new Date(started))}</span> },
          { name: t('recordings.tracks'), cell: ({ tracks }) => <Tracks tracks={tracks} /> },
          { name: t('recordings.length'), cell: ({ seconds }) => duration(seconds), end: true },
          { name: t('recordings.size'), cell: (file) => bytes(file.bytes), end: true },
          {
            name: t('common.actions'),
            bare: true,
            cell: ({ number, finished, fault }) =>
              fault !== 'unreadable' && (
                <>
                  {files.length > 1 && finished && (
                    <Button size="xs" variant={playing === number ? 'light' : 'default'} leftSection={<IconPlayerPlay size={14} />} onClick={() => onPlay(number)} aria-label={t('recordings.playOne', { number })}>
                      {t('recordings.playDo')}
                    </Button>
                  )}
                  <Tooltip label={t('recordings.downloadOne', { number })}>
                    <ActionIcon component="a" href={at(downloadAddress(id, number))} variant="default" size="input-sm" aria-label={t('recordings.downloadOne', { number })}>
                      <IconDownload size={16} />
                    </ActionIcon>
                  </Tooltip>
                  <CopyButton value={at(fileAddress(id, number))} name={t('recordings.addressOf', { number })} />
                </>
              ),
          },
        ]}
      />
      {shown.length < files.length && (
        <Group p="md" justify="center">
          <Button variant="default" size="xs" onClick={() => setAll(true)}>
            {t('recordings.allFiles', { count: files.length })}
          </Button>
        </Group>
      )}
    </Card>
  );
}
